"""Unpacking what a container hands out, with and without the filter that Python 3.11.4 brought."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.engines.docker.export import unpack, unpack_plain

Unpack = Callable[[tarfile.TarFile, Path], None]


def stream(*members: tarfile.TarInfo) -> tarfile.TarFile:
    """An archive as it arrives: a stream, in which each file holds its name."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for member in members:
            text = member.name.encode() if member.isfile() else b""
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    whole.seek(0)
    return tarfile.open(fileobj=whole, mode="r|")


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, link, 0o755
    return member


@pytest.mark.parametrize("way", [unpack, unpack_plain])
def test_files_and_directories_arrive(way: Unpack, tmp_path: Path) -> None:
    with stream(entry("a", tarfile.DIRTYPE), entry("a/b.log"), entry("c.log")) as archive:
        way(archive, tmp_path)
    assert (tmp_path / "a/b.log").read_text() == "a/b.log"
    assert (tmp_path / "c.log").read_text() == "c.log"


@pytest.mark.parametrize("way", [unpack, unpack_plain])
@pytest.mark.parametrize(
    "bad",
    [entry("../out"), entry("a/../../out"), entry("link", tarfile.SYMTYPE, "/etc"), entry("pipe", tarfile.FIFOTYPE)],
    ids=lambda member: member.name,
)
def test_nothing_leaves_the_destination(way: Unpack, bad: tarfile.TarInfo, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with stream(bad) as archive, pytest.raises(tarfile.TarError):
        way(archive, inside)
    assert list(tmp_path.iterdir()) == [inside]
