"""Order, real-time order, mutual exclusion and contention, in pairs that are -ok and -bad, and against brute force."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis import times
from harness.analysis.account import account
from harness.analysis.journals import open_journals
from harness.analysis.ledger import Ledger
from harness.model import AnomalyKind
from harness.trace.record import encode
from tests.analysis.accounts import Times, analysed, write_journals

A0, A1, B0, B1 = (0, 0), (0, 1), (1, 0), (1, 1)
Name = tuple[int, int]


def lines(*names: Name) -> bytes:
    return b"".join(encode(writer, seq, 64) for writer, seq in names)


def rows(**operations: tuple[int, int]) -> dict[Name, Times]:
    """Rows from begin and acknowledgement of A0, A1, B0, B1."""
    by_name = {"A0": A0, "A1": A1, "B0": B0, "B1": B1}
    return {by_name[name]: (64, begin, 0, 0, end) for name, (begin, end) in operations.items()}


@pytest.mark.parametrize(
    ("names", "reordered"),
    [
        pytest.param([A0, B0, A1, B1], 0, id="writer-order-ok"),
        pytest.param([B0, B1, A0, A1], 0, id="writer-order-of-others-ok"),
        pytest.param([A0, A1, A0], 0, id="writer-order-copies-aside-ok"),
        pytest.param([A1, B0, A0, B1], 1, id="writer-order-bad"),
        pytest.param([(0, 5), (0, 1), (0, 2), (0, 6), (0, 3)], 3, id="writer-order-often-bad"),
    ],
)
def test_order_within_a_writer(names: list[Name], reordered: int, tmp_path: Path) -> None:
    for block in (64, 100, 1 << 20):
        found = analysed(tmp_path, lines(*names), block_bytes=block)
        assert found.records.reordered == reordered
        assert sum(one.kind == AnomalyKind.REORDERED for one in found.anomalies) == reordered


@pytest.mark.parametrize(
    ("names", "operations", "violations"),
    [
        pytest.param([A0, B0], {"A0": (1, 5), "B0": (6, 9)}, 0, id="real-time-order-ok"),
        pytest.param([B0, A0], {"A0": (1, 7), "B0": (6, 9)}, 0, id="real-time-order-overlapping-ok"),
        pytest.param([B0, A0], {"A0": (1, 0), "B0": (6, 9)}, 0, id="real-time-order-unacknowledged-ok"),
        pytest.param([B0, A0], {"A0": (1, 5), "B0": (6, 9)}, 1, id="real-time-order-bad"),
        pytest.param(
            [B1, A0, B0, A1],
            {"A0": (1, 2), "B0": (3, 4), "A1": (5, 6), "B1": (7, 8)},
            3,
            id="real-time-order-often-bad",
        ),
    ],
)
def test_real_time_order(
    names: list[Name], operations: dict[str, tuple[int, int]], violations: int, tmp_path: Path
) -> None:
    journals = write_journals(tmp_path, rows(**operations))
    for block in (64, 100, 1 << 20):
        found = analysed(tmp_path, lines(*names), journals, block)
        assert found.history.real_time_order == violations
        told = [one for one in found.anomalies if one.kind == AnomalyKind.REAL_TIME_ORDER]
        assert len(told) == violations
    assert analysed(tmp_path, lines(*names)).history.real_time_order is None


def test_real_time_order_between_files_of_one_writer_each_tells_nothing(tmp_path: Path) -> None:
    journals = write_journals(tmp_path, rows(A0=(1, 5), B0=(6, 9)))
    paths = [tmp_path / "b.log", tmp_path / "a.log"]
    for path, name in zip(paths, (B0, A0), strict=True):
        path.write_bytes(lines(name))
    found = account(paths, journals)
    assert found.history.real_time_order is None
    assert len(found.notes) == 1
    assert not found.anomalies


@pytest.mark.parametrize(
    ("sections", "overlaps"),
    [
        pytest.param({A0: (1, 3), B0: (3, 5), A1: (6, 9), B1: (10, 11)}, 0, id="mutual-exclusion-ok"),
        pytest.param({A0: (1, 4), B0: (3, 5), A1: (6, 9), B1: (10, 11)}, 1, id="mutual-exclusion-bad"),
        pytest.param({A0: (1, 20), B0: (3, 5), B1: (6, 9)}, 2, id="mutual-exclusion-long-bad"),
        pytest.param({A0: (1, 0), B0: (3, 5)}, 0, id="mutual-exclusion-died-before-ok"),
        pytest.param({A0: (0, 0), B0: (0, 0)}, None, id="mutual-exclusion-unknown"),
    ],
)
def test_mutual_exclusion(sections: dict[Name, tuple[int, int]], overlaps: int | None, tmp_path: Path) -> None:
    table = {name: (64, max(enter, 1), enter, leave, leave) for name, (enter, leave) in sections.items()}
    found = analysed(tmp_path, lines(*sections), write_journals(tmp_path, table))
    assert found.history.mutual_exclusion == overlaps
    told = [one for one in found.anomalies if one.kind == AnomalyKind.MUTUAL_EXCLUSION]
    assert len(told) == (overlaps or 0)
    assert all(one.others and "record" in one.cause for one in told)


pauses = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(pauses, min_size=1, max_size=4), st.integers(1, 9))
def test_overlaps_against_brute_force(
    tmp_path_factory: pytest.TempPathFactory, shape: list[list[tuple[int, int]]], rows_at_once: int
) -> None:
    table: dict[Name, Times] = {}
    for writer, own in enumerate(shape):
        now = 1
        for seq, (pause, length) in enumerate(own):
            table[writer, seq] = (64, now + pause, now + pause, now + pause + length, now + pause + length)
            now += pause + length
    journals, _ = open_journals(write_journals(tmp_path_factory.mktemp("brute"), table))
    spans = [(begin, end, writer) for (writer, _), (_, begin, _, _, end) in table.items()]
    overlapping = sum(any(w != v and b < f and e < d for e, f, v in spans) for b, d, w in spans)
    parts = list(times.operations(journals, "begin", "acknowledged", rows_at_once))
    assert sum(int(part.counted.sum()) for part in parts) == len(spans)
    assert sum(int(times.overlapping(part).sum()) for part in parts) == overlapping


def test_contention_is_exact_in_slices(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table: dict[Name, Times] = {}
    for writer in range(5):
        now = 10 + writer
        for seq in range(400):
            begin = now + int(random.integers(1, 30))
            now = begin + int(random.integers(1, 12))
            table[writer, seq] = (64, begin, 0, 0, now)
    journals, _ = open_journals(write_journals(tmp_path, table))
    spans = [(begin, end, writer) for (writer, _), (_, begin, _, _, end) in table.items()]
    expected = sum(any(w != v and b < f and e < d for e, f, v in spans) for b, d, w in spans)
    for rows_at_once in (7, 100, 10**6):
        parts = list(times.operations(journals, "begin", "acknowledged", rows_at_once))
        assert sum(int(times.overlapping(part).sum()) for part in parts) == expected
    assert times.contention(journals, Ledger(0, 2000)).overlapped_operations == expected


def test_latency_throughput_and_fairness(tmp_path: Path) -> None:
    table = {(writer, seq): (64, 1000 * seq + 1, 0, 0, 1000 * seq + 501) for writer in range(2) for seq in range(100)}
    found = analysed(tmp_path, lines(*table), write_journals(tmp_path, table))
    assert found.latency_us.p50 == found.latency_us.max == 0.5
    assert found.records_per_second == pytest.approx(200 * 1e9 / 99_500)
    assert found.fairness == pytest.approx(1.0)
    assert found.contention.overlapped_share == 1.0
    assert found.contention.start_skew_us == 0


def test_one_writer_overlaps_nobody(tmp_path: Path) -> None:
    table = {(0, seq): (64, 10 * seq + 1, 0, 0, 10 * seq + 9) for seq in range(20)}
    found = analysed(tmp_path, lines(*table), write_journals(tmp_path, table))
    assert found.contention.overlapped_share == 0
