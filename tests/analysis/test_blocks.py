"""Blocks: cuts, worker processes, several files."""

import multiprocessing
import time
from pathlib import Path
from random import Random

import pytest

from harness.analysis import blocks, workers
from harness.analysis.account import account
from harness.trace.record import encode
from tests.analysis.accounts import analysed, check_laws
from tests.analysis.planted import Plant


def test_blocks_cover_the_file_and_end_behind_newlines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    text = b"".join(encode(0, seq, 100) for seq in range(1000))
    path.write_bytes(text)
    (source,), _ = blocks.sources([path])
    found = list(blocks.blocks(source, 7777))
    assert [block.start for block in found] == [0, *(block.end for block in found[:-1])]
    assert found[-1].end == len(text)
    assert all(text[block.end - 1 : block.end] == b"\n" for block in found)


def test_without_newlines_blocks_are_cut_at_their_boundary(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 10_000)
    (source,), _ = blocks.sources([path])
    assert [block.end for block in blocks.blocks(source, 4000)] == [4000, 8000, 10_000]


@pytest.mark.parametrize("block", [48, 100, 331, 1000])
def test_a_record_across_the_cut_is_whole(block: int, tmp_path: Path) -> None:
    text = b"~" * 40 + encode(3, 4, 700) + b"~" * 60
    found = analysed(tmp_path, text, block_bytes=block)
    assert (found.records.intact, found.bytes.intact, found.bytes.foreign) == (1, 700, 100)


def test_worker_processes_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PARALLEL_ABOVE_BYTES", 0)
    plant = Plant(4, 200, (200, 64), Random(3))
    plant.damage_exactly(30)
    path = tmp_path / "log"
    path.write_bytes(plant.bytes())
    one = account([path], processes=1, block_bytes=8192)
    two = account([path], processes=2, block_bytes=8192)
    assert one == two
    check_laws(two, path.stat().st_size)
    deadline = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not multiprocessing.active_children()


def test_several_files_are_read_in_order(tmp_path: Path) -> None:
    lines = [encode(0, seq, 100) for seq in range(9)]
    paths = []
    for number, part in enumerate((b"".join(lines[:4]) + lines[4][:50], lines[4][50:] + b"".join(lines[5:]))):
        paths.append(tmp_path / f"log.{number}")
        paths[-1].write_bytes(part)
    found = account(paths)
    assert (found.records.intact, found.records.interleaved) == (8, 1), "each file has a line that is no record"
    assert found.records.reordered == 0
    assert account(paths[::-1]).records.reordered > 0


@pytest.mark.parametrize("length", [100, 200])
def test_a_whole_copy_in_a_later_file_makes_all_pieces_extra(length: int, tmp_path: Path) -> None:
    one = encode(0, 1, 100)
    paths = [tmp_path / "log.0", tmp_path / "log.1"]
    paths[0].write_bytes(encode(0, 0, 100) + one[:60] + b"~~~~" + one[20:])
    paths[1].write_bytes(encode(0, 1, length))
    found = account(paths)
    check_laws(found, 244 + length)
    assert (found.bytes.intact, found.bytes.fragment, found.bytes.extra) == (100 + length, 0, 140)


def test_without_newlines_a_block_ends_with_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3000 + bytes(3000) + b"x" * 4000)
    (source,), _ = blocks.sources([path])
    assert [block.end for block in blocks.blocks(source, 7000)] == [6000, 10_000]


@pytest.mark.parametrize(("cut", "block_bytes"), [(17, 40), (17, 50), (40, 48), (90, 100)])
def test_what_ends_in_the_margin_is_the_neighbouring_blocks(cut: int, block_bytes: int, tmp_path: Path) -> None:
    text = encode(0, 0, 200)[:cut] + encode(1, 0, 300)[17:]
    found = analysed(tmp_path, text, block_bytes=block_bytes)
    assert (found.bytes.total, found.bytes.fragment) == (len(text), len(text))
