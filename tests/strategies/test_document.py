"""The document strategy: what each way of publishing leaves, and what each reader gets."""

from pathlib import Path

import pytest

from harness.strategies.base import Feature, Place
from harness.strategies.document import DOCUMENT, PUBLISH, Document
from harness.trace.document import initial
from harness.trace.record import encode

VERSIONS = [encode(0, seq, 300 - 100 * seq) for seq in range(3)]


def place(folder: Path, number: int = 0) -> Place:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "private").mkdir(exist_ok=True)
    return Place(str(folder / "data"), str(folder / "private"), number, 1, folder.name, 1, {})


@pytest.mark.parametrize("publish", PUBLISH)
def test_each_version_takes_the_place_of_the_former(publish: str, tmp_path: Path) -> None:
    strategy = Document({"publish": publish})
    session, reader = strategy.open(place(tmp_path)), strategy.observe(place(tmp_path))
    assert reader.read() == initial()
    for data in VERSIONS:
        assert session.write(data) == len(data)
        assert reader.read() == data
    session.close()
    reader.close()
    assert [path.name for path in (tmp_path / "data").iterdir()] == [DOCUMENT]
    assert strategy.files() == (DOCUMENT,)


def test_a_move_from_another_mount_says_why_it_copies(tmp_path: Path) -> None:
    session = Document({"publish": "move"}).open(place(tmp_path))
    session.close()
    assert session.notes == [
        "rename from another mount: EXDEV (Invalid cross-device link), so shutil.move copies in place"
    ]


def test_a_reader_that_holds_the_file_never_sees_a_rename(tmp_path: Path) -> None:
    strategy = Document({"publish": "rename", "reader": "held"})
    session, reader = strategy.open(place(tmp_path)), strategy.observe(place(tmp_path))
    session.write(VERSIONS[0])
    assert reader.read() == initial()
    reader.close()


def test_a_reader_that_holds_the_file_sees_what_is_written_in_place(tmp_path: Path) -> None:
    strategy = Document({"publish": "in-place", "reader": "held"})
    session, reader = strategy.open(place(tmp_path)), strategy.observe(place(tmp_path))
    session.write(VERSIONS[0])
    assert reader.read() == VERSIONS[0]
    reader.close()


def test_only_a_read_only_mount_needs_one() -> None:
    assert set(Document({"mount": "read-only"}).needs) == {Feature.READ_ONLY_MOUNTS}
    assert set(Document({}).needs) == set()
