"""Files that others read while we write them: each is replaced whole or not at all.

A build server uploads reports and a repository keeps a baseline; half a file in their place would be worse than none.
"""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from harness.errors import HarnessError, UsageError

SYSTEM_FOLDERS = ("/dev", "/dev/fd", "/proc/self/fd")


def check_target(path: Path, option: str) -> Path:
    """The path itself. Raises UsageError where no file can be written: better before a run of minutes than after."""
    folder = path.parent
    try:
        if path.is_dir():
            raise UsageError(f"{option}: {path} is a folder", "Name a file")
        if not folder.is_dir():
            raise UsageError(f"{option}: there is no folder {folder}", "Make it first, or name another file")
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not _is_special(path):
            with _beside(path).open("wb"):
                _beside(path).unlink()
    except OSError as error:
        raise UsageError(f"{option}: cannot write {path}: {error.strerror}", "Name another file") from None
    return path


def write(path: Path, text: str, option: str) -> None:
    """Replace the file, whole or not at all; what is no regular file, such as /dev/stdout, is written as it is.

    Raises HarnessError.
    """
    try:
        if _is_special(path):
            with path.open("a", encoding="utf-8") as file:
                file.write(text)
            return
        fresh = _beside(path)
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path.resolve())
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise HarnessError(f"{option}: cannot write {path}: {error.strerror}", "Free space, or name another") from None


def cannot_write(error: OSError, folder: Path, what: str = "") -> HarnessError:
    """What to tell when the results of a run do not get into ``folder``."""
    several = error.args[0] if isinstance(error, shutil.Error) and error.args else None
    why = several[0][-1] if isinstance(several, list) and several else error.strerror or error
    told = f"cannot write results to {folder}: {why}"
    return HarnessError(f"{what}: {told}" if what else told, "Free space there, or name another folder with --results")


def distinct(targets: Mapping[str, Path | None]) -> None:
    """Raises UsageError where two of the options would write the same file."""
    seen: dict[Path, str] = {}
    for option, path in targets.items():
        if path is None or _is_special(path):
            continue
        if (other := seen.setdefault(path.resolve(), option)) != option:
            raise UsageError(f"{other} and {option} name the same file {path}", "Name two")


def _beside(path: Path) -> Path:
    """Where the text is written before it takes the file's place: in the folder that the file, or its link, lies in."""
    target = path.resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.new")


def _is_special(path: Path) -> bool:
    """Whether it is a device, a pipe, or an open file by the name that the system has for it, such as /dev/stdout."""
    return str(path.parent) in SYSTEM_FOLDERS or (path.exists() and not path.is_file())
