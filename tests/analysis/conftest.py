"""What the tests of the analysis share: files, journals and the laws that every account obeys."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.analysis.account import account
from harness.model import Account
from harness.trace.journal import JournalWriter

Times = Mapping[int, tuple[int, int, int, int, int]]
"""Sequence number -> length, begin, enter, leave, acknowledged."""


def check_laws(found: Account, total: int) -> None:
    """Outcomes partition the records, owners partition the bytes."""
    owners = asdict(found.bytes)
    assert owners.pop("total") == total == sum(owners.values())
    assert min(owners.values()) >= 0
    records = asdict(found.records)
    outcomes = ("intact", "interleaved", "truncated", "lost", "duplicated", "indeterminate")
    assert sum(records[outcome] for outcome in outcomes) == records["attempted"]
    assert min(records.values()) >= 0
    assert all(len(anomaly.excerpt) <= 160 for anomaly in found.anomalies)
    assert all(anomaly.excerpt.isprintable() for anomaly in found.anomalies)


def write_journal(directory: Path, writer: int, capacity: int, times: Times) -> None:
    """A journal with these rows."""
    directory.mkdir(exist_ok=True)
    with JournalWriter(directory, writer, capacity) as journal:
        for seq, (length, begin, enter, leave, acknowledged) in times.items():
            journal.length[seq], journal.begin[seq] = length, begin
            journal.enter[seq], journal.leave[seq] = enter, leave
            journal.acknowledged[seq] = acknowledged


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Account]:
    """The account of some bytes, whose laws hold."""
    path = tmp_path_factory.mktemp("analysed") / "file.log"

    def run(text: bytes, journals: Path | None = None, **options: int) -> Account:
        path.write_bytes(text)
        found = account([path], journals, **options)
        check_laws(found, len(text))
        return found

    return run
