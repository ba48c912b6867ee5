"""Publishes one document again and again, each time whole; observers read it all the time.

Promises that a reader always gets one whole version, and never an older one than was published before it began. By
a temporary file in the same directory, fsync and rename (``publish = "rename"``) the name leads from one whole file
to the next in one step. Truncated and rewritten in place (``"in-place"``), readers find it empty or half written;
overwritten by one write without truncation (``"overwrite"``), parts of two versions on file systems that let reads
run beside a write, such as ext4.
From a temporary file on another mount (``"move"``) a rename is impossible, EXDEV, and what ``shutil.move`` and ``mv``
do then is a copy in place. An observer that keeps the file open (``reader = "held"``), or has the file itself
bind-mounted, holds the old file when a rename replaces it, and never sees another version.

Storage: any, if temporary file and document are on one mount.
Cost: an fsync, that is a wait for the disk, per publication with ``"rename"``; without, half written documents.
System calls: ``openat``, ``write``, ``close`` per publication; ``fsync`` and ``rename`` more with ``"rename"``.
Source: rename(2), on atomic replacement and EXDEV; open(2), O_TRUNC; Python's ``shutil.move``.
"""

import errno
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.promise import Promise
from harness.strategies.base import Feature, Option, Place, Reader, Session, Strategy
from harness.trace.document import initial

DOCUMENT = "document"
PUBLISH = ("in-place", "overwrite", "rename", "move")
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class Document(Strategy):
    """One document, replaced over and over."""

    summary = "one document, rewritten in place, by rename, or by a move from another mount, while observers read"
    promises = frozenset({Promise.INTACT, Promise.NO_LOSS, Promise.NO_TORN_READS, Promise.FRESH_READS})
    options = {
        "publish": Option("rename", "how a version replaces the former", choices=PUBLISH),
        "observers": Option(2, "observer containers", minimum=1, maximum=64),
        "reader": Option("reopen", "open the file for each read, or once", choices=("reopen", "held")),
        "mount": Option("read-write", "how observers see the storage", choices=("read-write", "read-only")),
    }
    supersedes = True
    publish: str
    reader: str
    mount: str

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.needs = {Feature.READ_ONLY_MOUNTS} if self.mount == "read-only" else ()

    def open(self, place: Place) -> Session:
        path = place.path(DOCUMENT)
        if place.number == 0:
            _put(path, initial())
        if self.publish == "move":
            fresh = f"{_elsewhere(place)}/harness-{place.trial}-{place.number}"
            note = _refusal(fresh, path)
            return Session(_by_move(fresh, path), partial(_forget, fresh), notes=[note])
        if self.publish == "rename":
            return Session(_by_rename(f"{path}.{place.number}", path), _nothing)
        return Session(partial(_overwrite if self.publish == "overwrite" else _put, path), _nothing)

    def observe(self, place: Place) -> Reader:
        path = place.path(DOCUMENT)
        return _held(path) if self.reader == "held" else Reader(partial(_read, path), _nothing)

    def files(self) -> tuple[str, ...]:
        return (DOCUMENT,)


def _put(path: str, data: bytes) -> int:
    """Truncate and rewrite."""
    file = os.open(path, WRITE, 0o666)
    try:
        return os.write(file, data)
    finally:
        os.close(file)


def _overwrite(path: str, data: bytes) -> int:
    """Write over what is there, and cut off what is left of a longer version."""
    file = os.open(path, WRITE & ~os.O_TRUNC, 0o666)
    try:
        written = os.write(file, data)
        os.ftruncate(file, written)
        return written
    finally:
        os.close(file)


def _put_durably(path: str, data: bytes) -> int:
    file = os.open(path, WRITE, 0o666)
    try:
        written = os.write(file, data)
        os.fsync(file)
        return written
    finally:
        os.close(file)


def _by_rename(fresh: str, path: str) -> Callable[[bytes], int]:
    def publish(data: bytes) -> int:
        written = _put_durably(fresh, data)
        os.rename(fresh, path)
        return written

    return publish


def _by_move(fresh: str, path: str) -> Callable[[bytes], int]:
    import shutil  # slow to import, and only this way of publishing needs it

    def publish(data: bytes) -> int:
        written = _put(fresh, data)
        shutil.move(fresh, path)
        return written

    return publish


def _elsewhere(place: Place) -> str:
    """A directory on another mount than the document's. Raises OSError where there is none."""
    here = os.stat(place.directory).st_dev
    for directory in (place.private, "/dev/shm", tempfile.gettempdir(), os.path.expanduser("~")):
        if os.path.isdir(directory) and os.access(directory, os.W_OK) and os.stat(directory).st_dev != here:
            return directory
    raise OSError(f"no writable directory lies on another mount than {place.directory}")


def _refusal(fresh: str, path: str) -> str:
    """What the kernel says to a rename from there to here."""
    _put(fresh, b"")
    try:
        os.rename(fresh, path + ".probe")
    except OSError as error:
        os.unlink(fresh)
        name = errno.errorcode.get(error.errno or 0, "?")
        return f"rename from another mount: {name} ({error.strerror}), so shutil.move copies in place"
    os.unlink(path + ".probe")
    return "rename from another mount: done by the kernel; nothing is copied"


def _forget(path: str) -> None:
    if os.path.exists(path):
        os.unlink(path)


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def _held(path: str) -> Reader:
    """A reader that opens the file once and reads that one from its beginning each time."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return Reader(lambda: os.pread(file, os.fstat(file).st_size, 0), partial(os.close, file))


def _nothing() -> None:
    """For sessions that keep nothing open."""


STRATEGY = Document
