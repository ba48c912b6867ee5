"""What the tests of the analysis share: writing files and journals, and the laws that every account obeys."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from harness.analysis.account import account
from harness.model import Account
from harness.trace.journal import JournalWriter

Times = tuple[int, int, int, int, int]
"""A journal's row: length, begin, enter, leave, acknowledged."""


def check_laws(found: Account, total: int) -> None:
    """Outcomes partition the records, owners partition the bytes, and what is shown is bounded."""
    owners = asdict(found.bytes)
    assert owners.pop("total") == total == sum(owners.values())
    assert min(owners.values()) >= 0
    records = asdict(found.records)
    outcomes = ("intact", "interleaved", "truncated", "lost", "duplicated", "indeterminate", "superseded")
    assert sum(records[outcome] for outcome in outcomes) == records["attempted"]
    assert min(records.values()) >= 0
    damaged = sum(records[outcome] for outcome in ("interleaved", "truncated", "lost"))
    assert sum(found.causes.values()) == damaged
    assert (records["duplicated"] + records["torn_copies"] > 0) == (owners["extra"] > 0)
    assert records["torn_copies"] <= records["intact"] + records["duplicated"]
    for anomaly in found.anomalies:
        assert len(anomaly.excerpt) <= 160
        assert anomaly.excerpt.isascii()
        assert anomaly.excerpt.isprintable()
        assert anomaly.offset is None or 0 <= anomaly.offset < total


def analysed(directory: Path, text: bytes, journals: Path | None = None, block_bytes: int = 8 << 20) -> Account:
    """The account of some bytes, whose laws hold."""
    path = directory / "file.log"
    path.write_bytes(text)
    found = account([path], journals, limit=1000, block_bytes=block_bytes)
    check_laws(found, len(text))
    return found


def write_journals(directory: Path, rows: Mapping[tuple[int, int], Times]) -> Path:
    """Journals with these rows by (writer, sequence number)."""
    path = directory / "journals"
    path.mkdir()
    for writer in {writer for writer, _ in rows}:
        own = {seq: times for (one, seq), times in rows.items() if one == writer}
        with JournalWriter(path, writer, max(own) + 1) as journal:
            for seq, (length, begin, enter, leave, acknowledged) in own.items():
                journal.length[seq], journal.begin[seq] = length, begin
                journal.enter[seq], journal.leave[seq] = enter, leave
                journal.acknowledged[seq] = acknowledged
    return path
