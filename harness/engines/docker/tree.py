"""A tar stream of an image's files: directories made as needed, byte code compiled ahead, root's own."""

import importlib.util
import io
import marshal
import os
import tarfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self

HASHED_UNCHECKED = (1).to_bytes(4, "little")


class Counted(io.RawIOBase):
    """Writes on to a sink that need not know its position, such as a pipe, and knows it."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._position = 0

    def write(self, data: bytes) -> int:  # type: ignore[override] # any buffer there; tarfile writes bytes
        """Hand ``data`` on."""
        self._sink.write(data)
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        """How much was written."""
        return self._position


class Tree:
    """Writes files to a tar stream, each path once. Targets are absolute paths inside the image."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._tar = tarfile.TarFile(fileobj=Counted(sink), mode="w", format=tarfile.PAX_FORMAT)
        self._seen: set[str] = {"/"}
        self.bytes = 0

    def directory(self, target: str, mode: int = 0o755, owner: int = 0) -> None:
        """A directory and those above it."""
        if target in self._seen:
            return
        self.directory(os.path.dirname(target))
        entry = self._entry(target, mode)
        entry.type = tarfile.DIRTYPE
        entry.uid = entry.gid = owner
        self._tar.addfile(entry)

    def content(self, target: str, data: bytes, mode: int = 0o644, modified_s: int = 0) -> None:
        """A file with the given bytes."""
        if target in self._seen:
            return
        self.directory(os.path.dirname(target))
        entry = self._entry(target, mode)
        entry.size = len(data)
        entry.mtime = modified_s
        self.bytes += len(data)
        self._tar.addfile(entry, io.BytesIO(data))

    def link(self, target: str, to: str) -> None:
        """A symbolic link."""
        if target in self._seen:
            return
        self.directory(os.path.dirname(target))
        entry = self._entry(target, 0o777)
        entry.type = tarfile.SYMTYPE
        entry.linkname = to
        self._tar.addfile(entry)

    def file(self, target: str, source: Path) -> None:
        """A file of this host, followed through links; readable by all, executable as it was."""
        executable = os.access(source, os.X_OK)
        modified_s = int(source.stat().st_mtime)
        self.content(target, source.read_bytes(), 0o755 if executable else 0o644, modified_s)

    def module(self, target: str, source: Path) -> None:
        """A Python file with its byte code, so that a read-only container never compiles.

        A cache that is valid on this host stays valid (it records the source's time and size);
        else the source is compiled here, to a cache that is not checked against it.
        """
        code = source.read_bytes()
        status = source.stat()
        self.content(target, code, modified_s=int(status.st_mtime))
        cached = Path(importlib.util.cache_from_source(str(source)))
        compiled = _valid_cache(cached, int(status.st_mtime), status.st_size)
        if compiled is None:
            compiled = _compile(code, target)
        if compiled is not None:
            folder, name = os.path.split(target)
            self.content(f"{folder}/__pycache__/{name[:-3]}.{cached.name.split('.', 1)[1]}", compiled)

    def _entry(self, target: str, mode: int) -> tarfile.TarInfo:
        self._seen.add(target)
        entry = tarfile.TarInfo(target.lstrip("/"))
        entry.mode = mode
        return entry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._tar.close()


def _valid_cache(cached: Path, modified_s: int, size: int) -> bytes | None:
    """The cache's bytes when it was compiled by this interpreter from just this source."""
    try:
        data = cached.read_bytes()
    except OSError:
        return None
    stamp = (modified_s & 0xFFFFFFFF).to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return data if data[:16] == importlib.util.MAGIC_NUMBER + bytes(4) + stamp else None


def _compile(code: bytes, target: str) -> bytes | None:
    """Byte code by PEP 552, hash-based and unchecked; None where the file is no valid Python."""
    try:
        compiled = compile(code, target, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None
    header = importlib.util.MAGIC_NUMBER + HASHED_UNCHECKED + importlib.util.source_hash(code)
    return header + marshal.dumps(compiled)
