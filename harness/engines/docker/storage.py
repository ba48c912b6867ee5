"""Kinds of storage that a run can put under its writers; a new kind is one more function here.

`volume`: a named volume of the engine's default driver. `tmpfs`: a volume in memory.
`bind`, `bind:/path`: a fresh directory of the host, below the harness's own folder or below an existing one.
`image:xfs`, `image:btrfs`, `image:ext4`: a volume on a file system of that kind, in a file on a loop device.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness.engines.docker import layout, loop
from harness.errors import EngineError, UsageError

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
    image: Path | None = None
    """the file that holds its file system; the device that it is attached to becomes one of ``options``"""

    def mount(self, read_only: bool = False, first: bool = False) -> "Mounted":
        """How a container sees it; ``first``: the mount through which a fresh volume gets its owner."""
        bind = self.options is None
        return Mounted(self.source, self.target, bind, read_only, gives_owner=first and self.takes_owner)

    @property
    def read_only_target(self) -> str:
        """Where observers see it a second time, through a read-only mount."""
        return f"{layout.READ_ONLY}/{self.target.rpartition('/')[2]}"

    def read_only_mount(self) -> "Mounted":
        """That second mount."""
        return Mounted(self.source, self.read_only_target, self.options is None, read_only=True)


@dataclass(frozen=True, slots=True)
class Mounted:
    """One mount of one container. ``source``: a volume's name, or the host's directory if ``bind``."""

    source: str
    target: str
    bind: bool = False
    read_only: bool = False
    gives_owner: bool = False


def plan(kinds: Sequence[str], run_id: str) -> list[Storage]:
    """The storages for ``kinds``. Raises UsageError for a kind that does not exist or cannot be had."""
    planned = []
    for index, kind in enumerate(dict.fromkeys(kinds)):
        name, colon, argument = kind.partition(":")
        make = KINDS.get(name)
        if make is None or (colon and not argument):
            known = ", ".join(sorted(KINDS))
            raise UsageError(f"no storage of kind {kind!r}", f"choose one of: {known}")
        planned.append(make(f"{run_id}-{index}" if name == "bind" else run_id, argument))
    return planned


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
    parent = Path(argument) if argument else _own_folder()
    if not parent.is_absolute() or re.search(r"[\0\n]", argument):
        raise UsageError(f"storage bind:{argument} is not an absolute path", "use bind:/an/existing/directory")
    if not parent.is_dir():
        what, remedy = (
            ("is a file", "name a directory")
            if parent.exists()
            else ("no such directory", "create it first; it is never created for you")
        )
        raise UsageError(f"storage bind:{argument}: {what}", remedy)
    name = f"harness-{run_id}"
    return Storage(
        f"bind:{argument}" if argument else "bind",
        str(parent / name),
        f"{layout.DATA}/bind-{run_id.rpartition('-')[2]}",
        None,
    )


def _own_folder() -> Path:
    """Where plain `bind` lies: on the host's disk, in a folder that is the harness's to make. Raises EngineError."""
    own = platformdirs.user_cache_path("shared-volume-harness") / "bind"
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"cannot make {own}: {error.strerror}", "set XDG_CACHE_HOME to a writable folder") from None
    return own


def _image(run_id: str, argument: str) -> Storage:
    if argument not in loop.MAKERS:
        known = ", ".join(f"image:{kind}" for kind in loop.MAKERS)
        raise UsageError(f"no storage image:{argument}", f"choose one of: {known}")
    name = f"image-{argument}"
    return Storage(
        f"image:{argument}",
        f"harness-{run_id}-{name}",
        f"{layout.DATA}/{name}",
        {"type": argument},
        image=loop.path_for(run_id, argument),
    )


def _no_argument(kind: str, argument: str) -> None:
    if argument:
        raise UsageError(f"storage {kind} takes no argument, not {argument!r}", f"use {kind}")


KINDS: Mapping[str, Callable[[str, str], Storage]] = {
    "volume": _volume,
    "tmpfs": _tmpfs,
    "bind": _bind,
    "image": _image,
}
