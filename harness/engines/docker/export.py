"""Copies files out of a container, through the engine's archive stream, so a remote engine serves as well."""

import contextlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.engines.docker.client import REQUEST_TIMEOUT_S
from harness.engines.docker.errors import engine_errors
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

CHUNK_BYTES = 2**20


class ChunkReader(io.RawIOBase):
    """A readable file over an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # any buffer there, in the stubs
        """Fill ``buffer`` with what is there; 0 at the end."""
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def copy_out(client: "APIClient", container: str, path: str, destination: Path) -> None:
    """Copy ``path`` of ``container`` into the host directory ``destination``. Links that lead outside it, and
    anything that is neither file, directory nor link, raise EngineError; OSError where the host cannot keep it.

    The request is made here instead of by ``get_archive``, which hands out no way to close its answer: an engine whose
    answer is neither read nor closed holds the container, and lets nobody remove it.
    """
    address = f"{client.base_url}/v{client.api_version}/containers/{container}/archive"
    from requests.exceptions import RequestException

    with engine_errors(f"copying {path} out"):
        answer = client.get(address, params={"path": path}, stream=True, timeout=REQUEST_TIMEOUT_S)
        problem: OSError | None = None
        with contextlib.closing(answer):
            if not answer.ok:
                raise EngineError(f"copying {path} out: {answer.text.strip()[:300]}", "run again")
            source = io.BufferedReader(ChunkReader(answer.iter_content(CHUNK_BYTES)), CHUNK_BYTES)
            try:
                destination.mkdir(parents=True, exist_ok=True)
                with tarfile.open(fileobj=source, mode="r|") as archive:
                    unpack(archive, destination)
            except tarfile.TarError as error:
                raise EngineError(
                    f"copying {path} to {destination}: {error}", "run again without --keep-data"
                ) from error
            except RequestException:
                raise  # an OSError as well, and the engine's
            except OSError as error:
                problem = error
    if problem is not None:
        raise problem  # of the host's own disk, so no error of the engine's


def unpack(archive: tarfile.TarFile, destination: Path) -> None:
    """What the archive holds, below ``destination`` and nowhere else. Raises TarError."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(destination, filter="data")
    else:
        unpack_plain(archive, destination)


def unpack_plain(archive: tarfile.TarFile, destination: Path) -> None:
    """As ``unpack``, files and directories only: Python before 3.11.4, Debian 12's among them, has no filter."""
    for member in archive:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
            raise tarfile.ExtractError(f"{member.name} is neither a file nor a directory below what was asked for")
        target = destination / name
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        source = archive.extractfile(member)
        if source is not None:
            with source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
