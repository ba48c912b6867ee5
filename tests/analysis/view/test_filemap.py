"""The file map, on files whose bytes are known: exact bytes by kind and owner, and where to look."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.analysis.account import account
from harness.analysis.view.filemap import CELLS, allot
from harness.trace.record import encode
from tests.analysis.accounts import write_journals
from tests.analysis.planted import Plant
from tests.analysis.view.views import journals, total, viewed

LENGTH = 200


def turns(writers: int, records: int) -> list[bytes]:
    return [encode(writer, seq, LENGTH) for seq in range(records) for writer in range(writers)]


def test_an_intact_file_is_its_writers_to_the_byte(tmp_path: Path) -> None:
    found = viewed(tmp_path, [b"".join(turns(4, 50))], journals(tmp_path, 4, 50, LENGTH))
    (one,) = found["files"]
    assert one["bytes"] == total(found, "intact") == 4 * 50 * LENGTH
    owned = dict.fromkeys(range(4), 0)
    for owners in one["owners"]:
        for writer, size in owners:
            owned[writer] += size
    assert owned == dict.fromkeys(range(4), 50 * LENGTH)
    assert sum(one["records"]) == 200
    assert one["first"][0] == [0, 0]
    assert one["last"][-1] == [3, 49]
    assert found["left_out"] == []


def test_a_torn_record_is_damage_where_it_stands(tmp_path: Path) -> None:
    parts = turns(2, 10)
    other, torn = parts[9], parts[8]
    parts[8:10] = [torn[:100], other, torn[100:]]
    found = viewed(tmp_path, [b"".join(parts)], journals(tmp_path, 2, 10, LENGTH))
    assert total(found, "fragment") == LENGTH
    assert total(found, "intact") == 19 * LENGTH
    (one,) = found["files"]
    damaged = [cell for cell, size in enumerate(one["fragment"]) if size]
    first, last = 8 * LENGTH // one["cell_bytes"], (10 * LENGTH - 1) // one["cell_bytes"]
    assert (damaged[0], damaged[-1]) == (first, last)
    seen = [[(writer, seq, kind) for _, kind, writer, seq, _ in one["looks"][cell]["pieces"]] for cell in damaged]
    assert [(0, 4, 1), (1, 4, 0)] in seen
    assert [(1, 4, 0), (0, 4, 1)] in [pieces[:2] for pieces in seen]


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (encode(1, 3, LENGTH), "extra"),
        (bytes(LENGTH), "hole"),
        (b"~" * LENGTH, "foreign"),
        (encode(1, 99, LENGTH), "foreign"),
        (encode(7, 0, LENGTH), "foreign"),
    ],
    ids=["copy", "nuls", "junk", "phantom record", "phantom writer"],
)
def test_other_bytes_are_told_apart(tmp_path: Path, extra: bytes, kind: str) -> None:
    found = viewed(tmp_path, [b"".join([*turns(2, 10), extra])], journals(tmp_path, 2, 10, LENGTH))
    assert total(found, kind) == LENGTH
    assert total(found, "intact") == 20 * LENGTH


def test_each_file_has_its_map_and_a_copy_in_another_file_is_extra(tmp_path: Path) -> None:
    lines = turns(2, 10)
    texts = [b"".join(lines[::2]), b"".join(lines[1::2]), b"", lines[0]]
    found = viewed(tmp_path, texts, journals(tmp_path, 2, 10, LENGTH))
    assert [one["name"] for one in found["files"]] == [f"file-{number}.log" for number in range(4)]
    assert [sum(one["extra"]) for one in found["files"]] == [0, 0, 0, LENGTH]
    assert found["files"][2]["intact"] == [0]


def test_without_files_there_is_a_view_without_maps(tmp_path: Path) -> None:
    assert viewed(tmp_path, [], journals(tmp_path, 2, 3, LENGTH))["files"] == []


@given(sizes=st.lists(st.integers(0, 2**40), max_size=128))
def test_cells_are_bounded_and_every_file_has_one(sizes: list[int]) -> None:
    cells = allot(sizes)
    assert all(one >= 1 for one in cells)
    assert sum(cells) <= CELLS + len(sizes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 6))
def test_kinds_sum_to_the_file_and_agree_with_the_account(
    tmp_path_factory: pytest.TempPathFactory, seed: int, steps: int
) -> None:
    directory = tmp_path_factory.mktemp("law")
    plant = Plant(3, 12, (60, 200), Random(seed))
    plant.damage_exactly(steps)
    told = write_journals(
        directory, {(w, s): (length, 10 + s, 0, 0, 11 + s) for (w, s), length in plant.records.items()}
    )
    found = viewed(directory, [plant.bytes()], told)
    owners = account([directory / "file-0.log"], told).bytes
    assert (
        sum(total(found, kind) for kind in ("intact", "fragment", "extra", "hole", "foreign", "short")) == owners.total
    )
    assert total(found, "intact") == owners.intact
    assert total(found, "hole") <= owners.hole
