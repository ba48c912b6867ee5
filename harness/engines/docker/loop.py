"""File systems in a file: made for one run, attached to a loop device that the engine mounts, removed with the run.

So that xfs, btrfs and ext4 can be tried on a host whose disk has another. It takes root and an engine on this very
kernel; where it cannot be had, the cases are skipped. A file lies in a folder named after its run, beside one that
names the run's owner, so that what a killed run left is found without asking the engine.
"""

import contextlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import platformdirs

from harness.engines.docker import layout
from harness.engines.docker.ownership import OwnerId
from harness.errors import EngineError
from harness.model import Skip

SIZE_BYTES = 2 * 2**30
"""of the file system; the file is sparse, so that it takes what is written"""
PROGRAM_TIMEOUT_S = 60
OWNER_FILE = "owner"
DO_IT_YOURSELF = "mount such a file system yourself and take --storage bind:/its/path"
MOUNT_AND_GIVE = f'mount -t "$0" "$1" "$2" && chown {layout.USER} "$2"'


class Maker(NamedTuple):
    """How a kind of file system is made: quickly, with nothing left for the kernel to do while writers run."""

    command: tuple[str, ...]
    package: str


MAKERS = {
    "xfs": Maker(("mkfs.xfs", "-q", "-K"), "xfsprogs"),
    "btrfs": Maker(("mkfs.btrfs", "-q", "-K"), "btrfs-progs"),
    "ext4": Maker(
        ("mkfs.ext4", "-q", "-i", "65536", "-J", "size=16",
         "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"), "e2fsprogs"
    ),
}  # fmt: skip


def folder() -> Path:
    """Where the files lie."""
    return platformdirs.user_cache_path("shared-volume-harness") / "images"


def path_for(run_id: str, kind: str) -> Path:
    """The file of one run for one kind of file system."""
    return folder() / run_id / f"{kind}.img"


def lacks(kind: str, engine_kernel: str) -> Skip | None:
    """Why this host cannot make such a file system for the engine; None where it can, which is tried out."""
    maker = MAKERS[kind]
    if engine_kernel != platform.release():
        return Skip(f"the engine runs on another machine, so image:{kind} cannot be made for it", DO_IT_YOURSELF)
    if _which(maker.command[0]) is None:
        return Skip(f"no {maker.command[0]} on this host", f"install it (Debian: apt-get install {maker.package})")
    if os.geteuid() != 0:
        return Skip(f"image:{kind} takes root, for a loop device", f"run as root, or {DO_IT_YOURSELF}")
    probe = path_for(f"probe-{os.getpid()}", kind)
    try:
        make(probe, kind)
    except EngineError as error:
        return Skip(f"image:{kind} cannot be made here: {error.message}", DO_IT_YOURSELF)
    finally:
        remove(probe)
    return None


def make(path: Path, kind: str) -> str:
    """Make the file system, writable by members; returns its loop device. Raises EngineError.

    It is mounted once, to give its root directory to members, in a mount namespace that goes with the command.
    """
    maker = MAKERS[kind]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / OWNER_FILE).write_text(OwnerId.of_this_process().label())
        with path.open("xb") as file:
            file.truncate(SIZE_BYTES)
    except OSError as error:
        raise EngineError(f"cannot make {path}: {error.strerror}", "set XDG_CACHE_HOME to a writable folder") from None
    _run(*maker.command, str(path))
    device = _run("losetup", "--find", "--show", str(path)).strip()
    _run("unshare", "--mount", "sh", "-c", MOUNT_AND_GIVE, kind, device, str(path.parent))
    return device


def remove(path: Path) -> None:
    """Detach and remove it, and its run's folder with the last one. What is gone already is no problem.

    Raises EngineError. A device that is still mounted is detached by the kernel when it no longer is.
    """
    if path.exists():
        for line in _run("losetup", "--associated", str(path)).splitlines():
            _run("losetup", "--detach", line.partition(":")[0])
        path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.glob("*.img")):
        shutil.rmtree(path.parent, ignore_errors=True)


def found() -> Iterator[tuple[Path, str, OwnerId | None]]:
    """All files that are there: path, run, and owner."""
    for path in sorted(folder().glob("*/*.img")):
        owner = None
        with contextlib.suppress(OSError):
            owner = OwnerId.from_label((path.parent / OWNER_FILE).read_text())
        yield path, path.parent.name, owner


def _which(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _run(program: str, *arguments: str) -> str:
    """What it prints. In a session of its own, so that Ctrl-C does not cut it off half-way."""
    command: Sequence[str] = (_which(program) or program, *arguments)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{program} failed: {error}") from None
    if done.returncode != 0:
        raise EngineError(f"{program} failed: {' '.join((done.stderr or done.stdout).split())[:300]}")
    return done.stdout
