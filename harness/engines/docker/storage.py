"""Kinds of storage that a run can put under its writers; a new kind is one more function here.

`volume`: a named volume of the engine's default driver. `tmpfs`: a volume in memory.
`bind:/path`: a fresh directory below an existing one of the engine's host.
"""

import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.docker import layout
from harness.errors import UsageError

if TYPE_CHECKING:
    from docker.types import Mount

SIZE_BYTES = 2 * 2**30
"""Upper bound of a storage that lives in memory."""


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage of one run: what to create, and where members see it.

    ``options`` are the `local` volume driver's; None where there is no volume to create.
    ``takes_owner``: a fresh volume gets the owner of the image's directory, by the engine.
    """

    kind: str
    source: str
    target: str
    options: Mapping[str, str] | None
    takes_owner: bool = False

    def mount(self, read_only: bool = False, first: bool = False) -> "Mount":
        """How a member sees it; ``first``: the mount through which a fresh volume gets its owner."""
        from docker.types import Mount

        if self.options is None:
            return Mount(self.target, self.source, type="bind", read_only=read_only)
        no_copy = not (first and self.takes_owner)
        return Mount(self.target, self.source, type="volume", read_only=read_only, no_copy=no_copy)


def plan(kind: str, run_id: str) -> Storage:
    """The storage for ``kind``. Raises UsageError for a kind that does not exist or cannot be had."""
    name, _, argument = kind.partition(":")
    make = KINDS.get(name)
    if make is None:
        known = ", ".join(sorted(KINDS))
        raise UsageError(f"no storage of kind {kind!r}", f"choose one of: {known}")
    return make(run_id, argument)


def journal(run_id: str, size_bytes: int) -> Storage:
    """The journals' own volume: memory, off every storage under test."""
    source = f"harness-{run_id}-journal"
    return Storage("journal", source, layout.JOURNALS, _memory(size_bytes))


def _memory(size_bytes: int) -> dict[str, str]:
    owner = f"uid={layout.USER_ID},gid={layout.USER_ID},mode=0755"
    return {"type": "tmpfs", "device": "tmpfs", "o": f"size={size_bytes},{owner}"}


def _volume(run_id: str, argument: str) -> Storage:
    _no_argument("volume", argument)
    return Storage("volume", f"harness-{run_id}-volume", f"{layout.DATA}/volume", {}, takes_owner=True)


def _tmpfs(run_id: str, argument: str) -> Storage:
    _no_argument("tmpfs", argument)
    return Storage("tmpfs", f"harness-{run_id}-tmpfs", f"{layout.DATA}/tmpfs", _memory(SIZE_BYTES))


def _bind(run_id: str, argument: str) -> Storage:
    parent = Path(argument)
    if not parent.is_absolute() or re.search(r"[\0\n]", argument):
        raise UsageError(f"storage bind:{argument} is not an absolute path", "use bind:/an/existing/directory")
    if not parent.is_dir():
        raise UsageError(f"storage bind:{argument}: no such directory", "create it first; it is never created for you")
    return Storage(f"bind:{argument}", str(parent / f"harness-{run_id}"), f"{layout.DATA}/bind", None)


def _no_argument(kind: str, argument: str) -> None:
    if argument:
        raise UsageError(f"storage {kind} takes no argument, not {argument!r}", f"use {kind}")


KINDS: Mapping[str, Callable[[str, str], Storage]] = {"volume": _volume, "tmpfs": _tmpfs, "bind": _bind}


def make_directory(storage: Storage) -> None:
    """A bind's own fresh directory, writable by members; the directory above it is left as it is."""
    try:
        os.mkdir(storage.source)
        if os.geteuid() == 0:
            os.chown(storage.source, layout.USER_ID, layout.USER_ID)
        elif os.geteuid() != layout.USER_ID:
            os.chmod(storage.source, stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    except OSError as error:
        raise UsageError(
            f"storage {storage.kind}: cannot create {storage.source} ({error.strerror})",
            "choose a directory that you can write to",
        ) from error
