"""What holds for every file: outcomes partition the records, owners partition the bytes, nothing crashes or hangs.

Damage here is arbitrary bytes in arbitrary places, so that only a second, slow reading knows what is left.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.trace.record import encode
from tests.analysis.accounts import analysed, write_journals
from tests.analysis.reference import Reading

fuzz = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
names = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(0, 2).map((32, 60, 200).__getitem__)),
    max_size=12,
    unique_by=lambda name: name[:2],
)
edits = st.lists(
    st.tuples(
        st.sampled_from(["cut", "splice", "swap", "overwrite", "zero", "duplicate", "insert", "truncate"]),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 80),
        st.binary(min_size=1, max_size=80),
    ),
    max_size=8,
)
Edit = tuple[str, float, float, int, bytes]


def damaged(text: bytes, changes: list[Edit]) -> bytes:
    for kind, first, second, size, chance in changes:
        at, to = int(first * len(text)), int(second * len(text))
        part = text[at : at + size]
        rest = text[:at] + text[at + size :]
        text = {
            "cut": rest,
            "splice": rest[:to] + part + rest[to:],
            "swap": rest[:to] + part[::-1] + rest[to:],
            "overwrite": text[:at] + chance + text[at + len(chance) :],
            "zero": text[:at] + bytes(len(part)) + text[at + size :],
            "duplicate": text[:to] + part + text[to:],
            "insert": text[:at] + chance + text[at:],
            "truncate": text[:at],
        }[kind]
    return text


@fuzz
@given(names, edits, st.sampled_from([64, 200, 1000, 8 << 20]))
def test_any_damage(tmp_path: Path, chosen: list[tuple[int, int, int]], changes: list[Edit], block: int) -> None:
    analysed(tmp_path, damaged(b"".join(encode(*name) for name in chosen), changes), block_bytes=block)


def remnant(text: bytes, name: tuple[int, int, int]) -> bool:
    """Whether what may be the first or the last bytes of a record stands somewhere: too few to be a cell."""
    line = encode(*name)
    return line[:1] in text or line[-2:] in text


@fuzz
@given(names, edits)
def test_the_reference_agrees(
    tmp_path_factory: pytest.TempPathFactory, chosen: list[tuple[int, int, int]], changes: list[Edit]
) -> None:
    directory = tmp_path_factory.mktemp("reference")
    text = damaged(b"".join(encode(*name) for name in chosen), changes)
    rows = {(writer, seq): (length, 1, 0, 0, 2) for writer, seq, length in chosen}
    found = analysed(directory, text, write_journals(directory, rows)).records
    reading = Reading(text, chosen)
    copies = [reading.count(name) for name in chosen]
    assert found.attempted == len(chosen)
    assert found.intact == sum(count == 1 for count in copies)
    assert found.duplicated == sum(count > 1 for count in copies)
    absent = [name for name in chosen if not reading.count(name) and name not in reading.present]
    assert sum(not remnant(text, name) for name in absent) <= found.lost <= len(absent)
    assert found.phantom == 0


@fuzz
@given(st.binary(max_size=3000), st.sampled_from([1, 17, 256, 8 << 20]))
def test_any_bytes(tmp_path: Path, text: bytes, block: int) -> None:
    analysed(tmp_path, text, block_bytes=block)


@fuzz
@given(st.text(alphabet=">+0123\n@\0", max_size=3000).map(str.encode))
def test_bytes_that_look_like_records(tmp_path: Path, text: bytes) -> None:
    analysed(tmp_path, text)


@fuzz
@given(names, edits, st.integers(256, 2000))
def test_the_size_of_blocks_changes_little(
    tmp_path: Path, chosen: list[tuple[int, int, int]], changes: list[Edit], block: int
) -> None:
    text = damaged(b"".join(encode(*name) for name in chosen), changes)
    one, other = analysed(tmp_path, text), analysed(tmp_path, text, block_bytes=block)
    assert (one.bytes.intact, one.bytes.hole) == (other.bytes.intact, other.bytes.hole)
    for outcome in ("attempted", "intact", "duplicated", "lost", "reordered"):
        assert getattr(one.records, outcome) == getattr(other.records, outcome), outcome
