"""Logs of several files: read in order as one, and what went with a file is told from what was lost inside one."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.account import account
from harness.model import Account, AnomalyKind
from harness.trace.record import encode
from tests.analysis.accounts import check_laws, write_journals

LENGTH = 100
WRITERS, RECORDS = 3, 40
IN_TURN = [(writer, seq) for seq in range(RECORDS) for writer in range(WRITERS)]
"""All records in the order in which they were written, one after the other."""


def log(names: Sequence[tuple[int, int]]) -> bytes:
    return b"".join(encode(writer, seq, LENGTH) for writer, seq in names)


def analysed(directory: Path, *texts: bytes) -> Account:
    """The account of some files in this order, all records of IN_TURN acknowledged one after the other."""
    rows = {name: (LENGTH, 100 * at + 10, 0, 0, 100 * at + 90) for at, name in enumerate(IN_TURN)}
    journals = write_journals(directory, rows)
    files = [directory / f"log-{number}" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text)
    found = account(files, journals, limit=1000)
    check_laws(found, sum(map(len, texts)))
    return found


def test_rotated_files_in_order_are_one_log_ok(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:50]), log(IN_TURN[50:51]), b"", log(IN_TURN[51:]))
    assert found.records.intact == WRITERS * RECORDS
    assert (found.records.reordered, found.history.real_time_order) == (0, 0)
    assert found.notes == ()


def test_rotated_files_in_the_wrong_order_bad(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[60:]), log(IN_TURN[:60]))
    assert found.records.intact == WRITERS * RECORDS
    assert (found.records.reordered, found.history.real_time_order) == (60, 60)


def test_what_stands_in_neither_of_two_files_went_at_rotation(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:30]), log(IN_TURN[36:]))
    assert found.records.lost == 6
    assert found.causes == {"rotation": 6}
    first = next(one for one in found.anomalies if one.kind is AnomalyKind.LOST)
    assert (first.writer, first.seq) == (0, 10)
    assert first.cause == (
        "rotation: its writer's records up to 9 stand in log-0, those from 12 on stand in log-1, and none between"
    )


def test_a_file_that_is_gone_whole(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:30]), b"", log(IN_TURN[90:]))
    assert found.causes == {"rotation": 60}


def test_the_first_and_the_last_file_gone(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[30:60]), log(IN_TURN[60:90]))
    assert found.causes == {"rotation": 60}
    said = {one.cause for one in found.anomalies if one.kind is AnomalyKind.LOST}
    assert said == {
        "rotation: its writer's records from 10 on stand in log-0, and none before",
        "rotation: its writer's records up to 29 stand in log-1, and none behind",
    }


def test_what_is_lost_inside_a_file_did_not_go_at_rotation(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:10] + IN_TURN[13:60]), log(IN_TURN[60:]))
    assert found.causes == {"unknown": 3}


def test_one_file_knows_no_rotation(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:30] + IN_TURN[36:]), b"")
    assert found.causes == {"unknown": 6}


def test_files_of_one_writer_each_have_no_common_order(tmp_path: Path) -> None:
    own = [[name for name in IN_TURN if name[0] == writer] for writer in range(WRITERS)]
    found = analysed(tmp_path, *(log(part) for names in own for part in (names[:20], names[22:])))
    assert found.history.real_time_order is None
    assert found.notes == (
        "real-time order was not checked: each file is of one writer, so none stands before another's",
    )
    assert found.causes == {"rotation": 6}


def test_a_hole_from_the_start_of_a_file_is_a_truncation_under_its_writer(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:60]), bytes(6000) + log(IN_TURN[60:]))
    assert found.bytes.hole == 6000
    (hole,) = [one for one in found.anomalies if one.kind is AnomalyKind.HOLE]
    assert (hole.offset, hole.length) == (0, 6000)
    assert hole.cause.startswith("file truncated under its writer: ")


def test_a_hole_elsewhere_is_not(tmp_path: Path) -> None:
    found = analysed(tmp_path, log(IN_TURN[:60]) + bytes(6000) + log(IN_TURN[60:]))
    (hole,) = [one for one in found.anomalies if one.kind is AnomalyKind.HOLE]
    assert hole.cause == "unknown"


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, len(IN_TURN)), max_size=6).map(sorted),
    gone=st.sets(st.integers(0, len(IN_TURN) - 1), max_size=30),
)
def test_however_a_log_is_cut_into_files_it_has_the_same_records(cuts: list[int], gone: set[int]) -> None:
    edges = [0, *cuts, len(IN_TURN)]
    parts = [log([IN_TURN[at] for at in range(first, last) if at not in gone]) for first, last in pairwise(edges)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole, cut = analysed(Path(one), b"".join(parts)), analysed(Path(other), *parts)
    assert cut.records == whole.records
    assert cut.records.lost == len(gone)
    assert cut.history.real_time_order in (0, None)


def test_a_piece_that_goes_on_in_the_next_file(tmp_path: Path) -> None:
    """Its tear stands in another file than its first byte: what is shown is the first one's end."""
    own, other = encode(0, 0, 400), encode(1, 0, LENGTH)
    texts = (own[:100], own[100:300] + other + own[300:])
    files = [tmp_path / "log-0", tmp_path / "log-1"]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text)
    found = account(files)
    check_laws(found, sum(map(len, texts)))
    (anomaly,) = found.anomalies
    assert (anomaly.kind, anomaly.file, anomaly.offset) == (AnomalyKind.INTERLEAVED, str(files[0]), 0)
    assert anomaly.excerpt == own[40:100].decode()
