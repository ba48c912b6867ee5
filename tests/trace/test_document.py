"""What a read saw: whole documents, and each way of not being one, traced to the versions that it is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.trace.document import INITIAL_VERSION, Run, Saw, State, initial, inspect, version_of
from harness.trace.record import encode

SIZE = 1000
OLD, NEW = encode(0, 6, SIZE), encode(0, 7, SIZE)


@pytest.mark.parametrize("size", [32, 33, 48, 4096, 65536])
def test_a_whole_document_ok(size: int) -> None:
    assert inspect(encode(3, 9, size)) == State(Saw.WHOLE, (Run(3, 9, 0, size),))
    assert inspect(encode(3, 9, size)).version == version_of(3, 9)


def test_the_initial_document_ok() -> None:
    assert inspect(initial()).saw is Saw.WHOLE
    assert inspect(initial()).version == INITIAL_VERSION


def test_an_empty_file_bad() -> None:
    assert inspect(b"") == State(Saw.EMPTY)
    assert inspect(b"").version == -1


@pytest.mark.parametrize("end", [*range(16, 80), 500, 998, 999])
def test_a_beginning_bad(end: int) -> None:
    assert inspect(NEW[:end]) == State(Saw.PARTIAL, (Run(0, 7, 0, end),))


@pytest.mark.parametrize("end", [1, 15])
def test_too_few_bytes_to_tell_whose_they_are(end: int) -> None:
    assert inspect(NEW[:end]) == State(Saw.FOREIGN)


@pytest.mark.parametrize("seam", range(16, SIZE - 16, 16))
def test_two_versions_bad(seam: int) -> None:
    assert inspect(NEW[:seam] + OLD[seam:]) == State(Saw.MIXED, (Run(0, 7, 0, seam), Run(0, 6, seam, SIZE)))


def test_a_new_beginning_on_a_longer_old_version_bad() -> None:
    longer = encode(0, 6, 2 * SIZE)
    assert inspect(NEW + longer[SIZE:]).saw is Saw.MIXED
    assert inspect(NEW + longer[SIZE:]).runs[0] == Run(0, 7, 0, SIZE)


def test_nuls_where_bytes_should_be_bad() -> None:
    assert inspect(NEW[:512] + bytes(488)) == State(Saw.FOREIGN, (Run(0, 7, 0, 512),))
    assert inspect(bytes(512) + NEW[512:]) == State(Saw.FOREIGN, (Run(0, 7, 512, SIZE),))


def test_what_nobody_wrote_bad() -> None:
    assert inspect(b"{}\n") == State(Saw.FOREIGN)
    assert inspect(NEW[:-2] + b"x\n").saw is Saw.FOREIGN
    assert inspect(NEW + b"\n").saw is Saw.FOREIGN


def test_many_seams_are_bounded() -> None:
    mixed = b"".join((NEW if at % 32 else OLD)[at : at + 16] for at in range(0, SIZE, 16))
    state = inspect(mixed)
    assert state.saw is Saw.MIXED
    assert len(state.runs) == 16


PIECE = st.tuples(st.sampled_from([OLD, NEW, encode(1, 7, SIZE), bytes(SIZE)]), st.integers(0, SIZE))


@given(st.lists(PIECE, max_size=6))
def test_every_run_holds_the_bytes_of_its_version(pieces: list[tuple[bytes, int]]) -> None:
    data = b""
    for source, end in pieces:
        data += source[len(data) : end]
    state = inspect(data)
    assert (state.saw is Saw.WHOLE) == (data in (OLD, NEW, encode(1, 7, SIZE)))
    assert [run for run in state.runs if run.start >= run.end] == []
    assert all(one.end <= other.start for one, other in zip(state.runs, state.runs[1:], strict=False))
    for run in state.runs:
        assert data[run.start : run.end] == encode(run.writer, run.seq, SIZE)[run.start : run.end]


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    assert inspect(data).saw in (Saw.EMPTY, Saw.FOREIGN)
