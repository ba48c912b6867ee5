"""The journal: columns where the header says, and nothing lost when the writer is killed."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from harness.trace.journal import COLUMNS, HEADER_BYTES, JournalWriter, file_name, read_header


def column(path: Path, name: str) -> tuple[int, ...]:
    header = read_header(path)
    raw = path.read_bytes()[header.column_offset(name) :][: 8 * header.capacity]
    return struct.unpack(f"<{header.capacity}q", raw)


def test_columns_hold_what_was_noted(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, 5, 3) as journal:
        for number, name in enumerate(COLUMNS):
            for row in range(3):
                getattr(journal, name)[row] = 10 * number + row
    path = tmp_path / file_name(5)
    assert read_header(path).writer == 5
    assert path.stat().st_size == HEADER_BYTES + 5 * 3 * 8
    for number, name in enumerate(COLUMNS):
        assert column(path, name) == (10 * number, 10 * number + 1, 10 * number + 2)


def test_a_killed_writer_leaves_its_journal(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from harness.trace.journal import JournalWriter\n"
        "journal = JournalWriter(sys.argv[1], 1, 4)\n"
        "journal.begin[0] = 11; journal.acknowledged[0] = 12; journal.begin[1] = 13\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert column(tmp_path / file_name(1), "begin") == (11, 13, 0, 0)
    assert column(tmp_path / file_name(1), "acknowledged") == (12, 0, 0, 0)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else" * 10)
    with pytest.raises(ValueError, match="is not a journal"):
        read_header(other)


def test_a_journal_cut_short_is_refused(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, 0, 8):
        pass
    path = tmp_path / file_name(0)
    os.truncate(path, 100)
    with pytest.raises(ValueError, match="cut short"):
        read_header(path)
