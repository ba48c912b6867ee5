"""Planted reads are counted exactly: what each saw, whether it was stale, and whether it met a publication."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.analysis import causes
from harness.analysis.account import account
from harness.model import Account, AnomalyKind, ReadCounts, RecordCounts
from harness.trace.document import Saw, State, initial, inspect
from harness.trace.reads import ReadLog, file_name
from harness.trace.record import encode
from tests.analysis.accounts import write_journals

SIZE = 256
VERSIONS = [encode(0, seq, SIZE) for seq in range(4)]
PUBLISHED = [(100, 110), (200, 210), (300, 310), (400, 410)]
"""begin and acknowledgement of each version"""
Read = tuple[int, int, bytes | State]


def observed(
    folder: Path,
    *observers: Sequence[Read],
    published: Sequence[tuple[int, int]] = PUBLISHED,
    final: bytes = VERSIONS[3],
) -> Account:
    rows = {(0, seq): (SIZE, begin, 0, 0, end) for seq, (begin, end) in enumerate(published)}
    journals = write_journals(folder, rows)
    for number, reads in enumerate(observers):
        log = ReadLog(number)
        for begin, end, seen in reads:
            state, data = (seen, b"") if isinstance(seen, State) else (inspect(seen), seen)
            log.add(begin, end, state, data)
        log.write(journals)
    document = folder / "document"
    document.write_bytes(final)
    return account([document], journals, supersedes=True)


def counts(found: Account) -> ReadCounts:
    assert found.reads is not None
    assert found.history.reads == found.reads.total
    assert found.history.torn_reads == found.reads.torn
    assert found.history.stale_reads == found.reads.stale
    return found.reads


def test_whole_reads_ok(tmp_path: Path) -> None:
    reads = [(50, 60, initial()), (105, 106, VERSIONS[0]), (120, 130, VERSIONS[0]), (205, 206, VERSIONS[0])]
    found = observed(tmp_path, reads, [(420, 430, VERSIONS[3])])
    assert counts(found) == ReadCounts(total=5, whole=5, overlapped=2, versions=3)
    assert found.anomalies == ()


def test_each_kind_of_torn_read_bad(tmp_path: Path) -> None:
    new, old = VERSIONS[1], VERSIONS[0]
    reads: list[Read] = [
        (201, 202, b""),
        (203, 204, new[:128]),
        (205, 206, new[:64] + old[64:]),
        (207, 208, new[:64] + bytes(192)),
        (208, 209, State(Saw.ABSENT)),
    ]
    found = observed(tmp_path, reads)
    assert counts(found) == ReadCounts(
        total=5, empty=1, partial=1, mixed=1, foreign=1, missing=1, overlapped=5, versions=0
    )
    assert [one.kind for one in found.anomalies] == [AnomalyKind.TORN_READ] * 5
    assert [one.cause.partition(" while record 1 was being published") for one in found.anomalies] == [
        (told, " while record 1 was being published", "")
        for told in (
            "read between truncate and write: observer 0 got 0 bytes",
            "read of a half written document: observer 0 got 128 bytes (0-127 of record 1)",
            "read across two versions: observer 0 got 256 bytes (0-63 of record 1, 64-255 of record 0)",
            "read of bytes of no version: observer 0 got 256 bytes (0-63 of record 1)",
            "read while no file was there: observer 0 got no file",
        )
    ]
    assert found.anomalies[1].excerpt == new[68:128].decode()
    assert (found.anomalies[1].writer, found.anomalies[1].seq) == (0, 1)


def test_an_old_version_cut_off_is_told_from_a_new_one_half_written(tmp_path: Path) -> None:
    found = observed(tmp_path, [(201, 202, VERSIONS[0][:128])])
    assert found.anomalies[0].cause.startswith("read cut off by the next truncate: observer 0 got 128 bytes")


def test_a_torn_read_while_nothing_was_published_has_no_cause(tmp_path: Path) -> None:
    found = observed(tmp_path, [(150, 160, b"")])
    assert found.anomalies[0].cause == "unknown: observer 0 got 0 bytes while nothing was being published"


def test_no_file_before_the_first_publication_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, [(50, 60, State(Saw.ABSENT)), (105, 120, State(Saw.ABSENT))])
    assert counts(found) == ReadCounts(total=2, absent=2, overlapped=1)


def test_a_version_that_nobody_began_is_foreign_bad(tmp_path: Path) -> None:
    found = observed(tmp_path, [(50, 60, encode(0, 77, SIZE)), (150, 160, VERSIONS[2])])
    assert counts(found) == ReadCounts(total=2, foreign=2)


def test_stale_reads_bad(tmp_path: Path) -> None:
    reads = [(211, 212, VERSIONS[0]), (213, 214, initial()), (320, 330, VERSIONS[1])]
    found = observed(tmp_path, reads)
    assert counts(found) == ReadCounts(total=3, whole=3, stale=3, backward=1, versions=3)
    assert [one.cause for one in found.anomalies] == [
        "read of a replaced version: observer 0 got record 0, and record 1 was acknowledged before",
        f"{causes.READ_BACK}: observer 0 got the initial version, and record 1 was acknowledged before",
    ]


def test_the_former_version_during_a_publication_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, [(205, 206, VERSIONS[0])], [(201, 220, VERSIONS[0])])
    assert counts(found) == ReadCounts(total=2, whole=2, overlapped=2, versions=1)


def test_going_back_during_a_publication_bad(tmp_path: Path) -> None:
    found = observed(tmp_path, [(204, 205, VERSIONS[1]), (206, 207, VERSIONS[0])])
    assert counts(found) == ReadCounts(total=2, whole=2, stale=1, backward=1, overlapped=2, versions=2)


def test_two_observers_need_not_agree_during_a_publication_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, [(204, 205, VERSIONS[1])], [(206, 207, VERSIONS[0])])
    assert counts(found).backward == 0


def test_refused_reads_are_counted(tmp_path: Path) -> None:
    assert counts(observed(tmp_path, [(150, 160, State(Saw.REJECTED))])) == ReadCounts(total=1, rejected=1)


def test_without_observers_nothing_is_said_of_reads(tmp_path: Path) -> None:
    found = observed(tmp_path)
    assert found.reads is None
    assert (found.history.reads, found.history.torn_reads, found.history.stale_reads) == (None, None, None)


def test_an_observer_without_reads(tmp_path: Path) -> None:
    assert counts(observed(tmp_path, [])) == ReadCounts()


def test_a_log_that_cannot_be_read_is_noted(tmp_path: Path) -> None:
    journals = write_journals(tmp_path, {(0, 0): (SIZE, 1, 0, 0, 2)})
    (journals / file_name(0)).write_bytes(b"nonsense")
    found = account([], journals)
    assert found.reads is None
    assert any("a log of reads was left out" in note for note in found.notes)


@pytest.mark.parametrize(
    ("final", "expected"),
    [
        (VERSIONS[3], RecordCounts(4, 4, intact=1, superseded=3)),
        (VERSIONS[1], RecordCounts(4, 4, intact=1, lost=1, superseded=2)),
        (b"", RecordCounts(4, 4, lost=1, superseded=3)),
        (VERSIONS[3][:128], RecordCounts(4, 4, truncated=1, superseded=3)),
        (initial(), RecordCounts(4, 4, lost=1, superseded=3, phantom=1)),
    ],
    ids=["last-ok", "older-bad", "empty-bad", "cut-bad", "initial-bad"],
)
def test_only_the_last_version_has_to_be_there(tmp_path: Path, final: bytes, expected: RecordCounts) -> None:
    assert observed(tmp_path, final=final).records == expected


def test_a_version_that_was_never_acknowledged_may_be_the_last_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, published=[*PUBLISHED[:3], (400, 0)])
    assert found.records == RecordCounts(4, 3, intact=1, superseded=3)


def test_a_version_that_was_never_acknowledged_need_not_be_there_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, published=[*PUBLISHED[:3], (400, 0)], final=VERSIONS[2])
    assert found.records == RecordCounts(4, 3, intact=1, superseded=2, indeterminate=1)


def test_of_versions_published_at_once_any_may_be_the_last_ok(tmp_path: Path) -> None:
    found = observed(tmp_path, published=[(100, 200), (150, 210)], final=VERSIONS[0])
    assert found.records == RecordCounts(2, 2, intact=1, superseded=1)
