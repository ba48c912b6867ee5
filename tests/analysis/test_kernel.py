"""The compiled inner loops against those in numpy: equal, call by call and account by account, on any damage."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis import beside, cells, covering, find, inner, kernel, kinds, lines, runs
from harness.analysis.account import account
from harness.analysis.coverage import in_order
from harness.analysis.scan import MARGIN_BYTES
from harness.analysis.spans import Columns, Fragments
from harness.trace.record import MAX_RECORD_BYTES, MAX_RECORDS, MAX_WRITERS
from tests.analysis.planted import Plant

needs_kernel = pytest.mark.skipif(
    not kernel.BUILT and shutil.which(os.environ.get("CC", "cc")) is None, reason="no C compiler, so no kernel"
)


def damaged(seed: int, steps: int) -> bytes:
    plant = Plant(3, 20, (32, 33, 47, 48, 49, 64, 200, 331), Random(seed))
    plant.damage(steps)
    return plant.bytes()


@needs_kernel
def test_the_kernel_is_used_where_it_could_be_built() -> None:
    assert kernel.BUILT
    assert inner.whole_lines is kernel.whole_lines


@needs_kernel
@settings(deadline=None)
@given(st.integers(0, 1 << 32), st.integers(0, 30), st.binary(max_size=100))
def test_loops_are_equal_call_by_call(seed: int, steps: int, noise: bytes) -> None:
    text = bytearray(MARGIN_BYTES) + damaged(seed, steps) + noise + bytes(MARGIN_BYTES)
    data, lo, hi = np.frombuffer(text, np.uint8), MARGIN_BYTES, len(text) - MARGIN_BYTES
    whole = kernel.whole_lines(data, lo, hi)
    assert same(whole, lines.whole_lines(data, lo, hi))
    pos, size, _ = whole
    found = kernel.find_runs(data, lo, hi, pos, size)
    assert same(columns(found), columns(runs.find_runs(data, lo, hi, pos, size)))
    if not len(found):
        return
    floor, ceiling = kernel.room(found, pos, size, data.size)
    assert same((floor, ceiling), runs.room(found, pos, size, data.size))
    right = kernel.to_the_right(data, found, ceiling, found.length)
    assert same(right, runs.to_the_right(data, found, ceiling, found.length))
    for length in (found.length, right[1]):
        left = kernel.to_the_left(data, found, floor, length)
        assert same([left], [runs.to_the_left(data, found, floor, length)])


@needs_kernel
@settings(deadline=None)
@given(st.integers(0, 1 << 32))
def test_content_is_equal(seed: int) -> None:
    random = np.random.default_rng(seed)
    key = random.integers(0, MAX_WRITERS * MAX_RECORDS, 50)
    length = random.integers(32, 300, 50) * random.integers(0, 2, 50)
    length[:2] = MAX_RECORD_BYTES
    offset = random.integers(0, 300, 50)
    offset[1] = MAX_RECORD_BYTES - 40
    for count in (1, 2, 5):
        assert same([kernel.content(key, length, offset, count)], [cells.content(key, length, offset, count)])


@needs_kernel
@given(st.lists(st.tuples(st.integers(1, 3), st.text("\0\n\n>>+ab0\xff\xfe", min_size=1, max_size=40)), max_size=6))
def test_gaps_are_cut_up_equally(parts: list[tuple[int, str]]) -> None:
    text, start, size = b"", [], []
    for space, part in parts:
        text += b"x" * space
        start.append(len(text))
        size.append(len(part))
        text += part.encode("latin-1")
    data, places, sizes = np.frombuffer(text + b"x", np.uint8), np.array(start, np.int64), np.array(size, np.int64)
    found = kernel.cut_up(data, places, sizes)
    assert same(found, kinds.cut_up(data, places, sizes))
    assert sum(found[1]) == sum(size)


@needs_kernel
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(1, 5), st.integers(0, 2)), min_size=1))
def test_fragments_cover_equally(rows: list[tuple[int, int, int, int]]) -> None:
    key, start, size, length = np.array(sorted(rows), np.int64).T
    columns = key, start * 8, size * 8, length * 20
    assert same(kernel.covered(*columns), covering.covered(*columns))


_NUMBERS = st.lists(st.one_of(st.integers(0, 9), st.integers(-(1 << 63), (1 << 63) - 1)), max_size=50)


@needs_kernel
@given(_NUMBERS, _NUMBERS)
def test_numbers_are_looked_up_and_ordered_equally(one: list[int], other: list[int]) -> None:
    values, wanted = np.array(one, np.int64), np.array(other, np.int64)
    assert same([kernel.among(values, wanted)], [find.among(values, wanted)])
    assert same([kernel.rows(values, wanted)], [find.rows(values, wanted)])
    assert same([kernel.order(values)], [find.order(values)])


@needs_kernel
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=30))
def test_longest_lengths_are_equal(rows: list[tuple[int, int]]) -> None:
    key, length = np.array(rows, np.int64).T
    assert same([kernel.longest(key, length)], [find.longest(key, length)])


@needs_kernel
@given(st.lists(st.integers(-1, 4), min_size=8, max_size=8), st.lists(st.integers(0, 63)))
def test_bits_are_found_and_set_equally(slots: list[int], keys: list[int]) -> None:
    """Pages of eight keys; those in a slot below 0 have no bits."""
    slot, key = np.array(slots, np.int32), np.array(keys, np.int64)
    place = find.places(key, slot, 3)
    assert same([kernel.places(key, slot, 3)], [place])
    one, other = np.zeros((2, 5), np.uint8)
    kernel.mark(place[::2].copy(), one)
    find.mark(place[::2], other)
    assert same([one], [other])
    assert same([kernel.marked(place, one)], [find.marked(place, one)])
    assert find.marked(place, one)[::2].tolist() == (place[::2] >= 0).tolist()


_EVENTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20)), max_size=20)


@needs_kernel
@given(_EVENTS, _EVENTS)
def test_brackets_match_equally(opens: list[tuple[int, int]], closes: list[tuple[int, int]]) -> None:
    (value, pos), (other, place) = (np.array(rows, np.int64).reshape(-1, 2).T for rows in (opens, closes))
    assert same(kernel.brackets(value, pos, other, place), find.brackets(value, pos, other, place))


@needs_kernel
@settings(deadline=None)
@given(st.integers(0, 1 << 32))
def test_neighbours_dispute_equally(seed: int) -> None:
    """Pieces side by side, of few records, so that many adjoin that are alike."""
    random = np.random.default_rng(seed)
    count = 400
    size = random.choice([1, 2, 15, 16, 17, 33, 64], count)
    start, length = random.integers(0, 70, count), random.choice([0, 90, 150], count)
    key, none = random.integers(0, 3, count) << 25 | random.integers(0, 60, count), np.zeros(count, np.int64)
    pos = np.cumsum(size + random.choice([0, 0, 0, 5], count)) - size
    found = [Fragments(pos, size, key, start, length, none, none.copy()).take(np.arange(count)) for _ in range(2)]
    eligible = random.random(count - 1) < 0.9
    kernel.dispute(found[0], eligible)
    beside.dispute(found[1], eligible)
    assert same(columns(found[0]), columns(found[1]))
    assert found[0].soft_right.sum() == found[0].soft_left.sum()
    one, other = (in_order(table) for table in found)
    by_place = find.order(one.pos)
    kernel.decide(one, by_place)
    beside.decide(other, by_place)
    assert same(columns(one), columns(other))


@needs_kernel
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(0, 30), st.binary(max_size=100), st.sampled_from([256, 2048, 1 << 22]))
def test_accounts_are_equal(seed: int, steps: int, noise: bytes, block: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "log"
        path.write_bytes(damaged(seed, steps) + noise)
        compiled = account([path], block_bytes=block)
        with mock.patch.dict(vars(inner), inner.NUMPY):
            assert account([path], block_bytes=block) == compiled


def test_without_the_kernel_numpy_does_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(damaged(1, 9))
    program = (
        "import importlib.util, sys; from pathlib import Path; importlib.util.find_spec = lambda name: None;"
        "from harness.analysis import inner, lines; assert inner.whole_lines is lines.whole_lines;"
        "from harness.analysis.account import account; print(account([Path(sys.argv[1])]))"
    )
    told = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(account([path]))


def columns(table: Columns) -> list[cells.Ints]:
    return [getattr(table, field.name) for field in fields(table)]


def same(one: object, other: object) -> bool:
    return len(one) == len(other) and all(map(np.array_equal, one, other))  # type: ignore[arg-type, call-overload]
