"""``harness analyze FILE --journals`` on damaged files and journals: an answer or one clear line."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.trace.record import encode
from tests.analysis.accounts import write_journals

LENGTH, RECORDS = 100, 6
LINES = [encode(writer, seq, LENGTH) for seq in range(RECORDS) for writer in (0, 1)]
WHOLE = b"".join(LINES)


def journals(directory: Path) -> Path:
    rows = {(w, s): (LENGTH, 20 * s + w + 1, 0, 0, 20 * s + w + 5) for w in (0, 1) for s in range(RECORDS)}
    return write_journals(directory, rows)


def run(*arguments: object, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "harness", "analyze", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (WHOLE, 0, {"intact": 12, "lost": 0}),
        (WHOLE[:-250], 1, {"intact": 9, "truncated": 1, "lost": 2}),
        (WHOLE[LENGTH:], 1, {"intact": 11, "lost": 1}),
        (WHOLE[:40] + LINES[3] + WHOLE[40:], 1, {"intact": 10, "interleaved": 1}),
        (WHOLE + LINES[3], 1, {"intact": 11, "duplicated": 1, "lost": 0}),
        (WHOLE[:120] + bytes(100) + WHOLE[220:], 1, {"intact": 10, "truncated": 2}),
        (b"", 1, {"intact": 0, "lost": 12}),
    ],
    ids=["whole-ok", "cut-bad", "first-gone-bad", "between-bad", "twice-bad", "zeroed-bad", "empty-bad"],
)
def test_damage_by_file_gzip_and_stdin(text: bytes, code: int, expected: dict[str, int], tmp_path: Path) -> None:
    told = journals(tmp_path)
    plain, packed = tmp_path / "log", tmp_path / "log.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    for file, given in ((plain, b""), (packed, b""), ("-", text)):
        result = run(file, "--journals", told, "--json", text=given)
        found = json.loads(result.stdout)["records"]
        assert {name: found[name] for name in expected} == expected
        assert result.returncode == code


def test_a_journal_cut_short_or_foreign_is_named(tmp_path: Path) -> None:
    told = journals(tmp_path)
    log = tmp_path / "log"
    log.write_bytes(WHOLE)
    first = min(told.iterdir())
    first.write_bytes(b"nonsense" * 5)
    result = run(log, "--journals", told)
    assert result.returncode in (1, 2)
    assert first.name in (result.stdout + result.stderr).decode()
    assert b"Traceback" not in result.stderr


def test_journals_that_do_not_fit_are_told(tmp_path: Path) -> None:
    told, log = journals(tmp_path), tmp_path / "log"
    log.write_bytes(WHOLE)
    (tmp_path / "empty").mkdir()
    assert b"no journals in it" in run(log, "--journals", tmp_path / "empty").stderr
    for option in ("--writers", "--records"):
        refused = run(log, "--journals", told, option, 2)
        assert (refused.returncode, refused.stderr.count(b"\n")) == (2, 1)
    log.write_bytes(b"".join(encode(writer, seq, LENGTH) for seq in range(3) for writer in (7, 8)))
    found = json.loads(run(log, "--journals", told, "--json").stdout)
    assert "none of the records is in the journals: are they those of another trial?" in found["notes"]


def test_with_journals_gaps_are_what_they_tell(tmp_path: Path) -> None:
    """Writer 0 loses its last records, which no gap between its numbers shows; of writer 1 nothing is left."""
    told, log = journals(tmp_path), tmp_path / "log"
    log.write_bytes(b"".join(LINES[: 2 * 4 : 2]) + LINES[2][:40] + b"\n")
    found = json.loads(run(log, "--journals", told, "--json").stdout)
    records = found["records"]
    assert (records["expected"], records["distinct"], records["missing"], records["unexpected"]) == (12, 4, 8, 0)
    assert [(one["writer"], one["missing"], one["gaps"], one["gap_count"]) for one in found["writers"]] == [
        ("0", 2, [[4, 5]], 1),
        ("1", 6, [[0, 5]], 1),
    ]


def test_with_journals_what_may_be_absent_is_not_missing(tmp_path: Path) -> None:
    """Record 1 was never acknowledged and is absent, record 2 is there in part; nobody wrote record 3."""
    rows = {(0, seq): (LENGTH, 20 * seq + 1, 0, 0, 20 * seq + 5 if seq == 0 else 0) for seq in range(3)}
    told, log = write_journals(tmp_path, rows), tmp_path / "log"
    log.write_bytes(encode(0, 0, LENGTH) + encode(0, 3, LENGTH) + encode(0, 2, LENGTH)[:50])
    found = json.loads(run(log, "--journals", told, "--json").stdout)
    records = found["records"]
    assert (records["expected"], records["missing"], records["missing_in_pieces"], records["unexpected"]) == (
        2,
        1,
        1,
        1,
    )
    (writer,) = found["writers"]
    assert (writer["missing"], writer["gaps"], writer["gap_count"]) == (1, [[2, 2]], 1)
    missing = [one for one in found["anomalies"] if one["kind"] == "missing"]
    assert [(one["seq"], one["cause"]) for one in missing] == [
        (2, f"pieces of it stand in the line at offset {2 * LENGTH}")
    ]
