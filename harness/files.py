"""Files that others read while we write them: each is replaced whole or not at all.

A build server uploads reports and a repository keeps a baseline; half a file in their place would be worse than none.
"""

import os
from pathlib import Path

from harness.errors import HarnessError, UsageError


def check_target(path: Path, option: str) -> Path:
    """The path itself. Raises UsageError where no file can be written: better before a run of minutes than after."""
    folder = path.parent
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder", "Name a file")
    if not folder.is_dir():
        raise UsageError(f"{option}: there is no folder {folder}", "Make it first, or name another file")
    target = path if path.exists() else folder
    if not os.access(target, os.W_OK):
        raise UsageError(f"{option}: may not write {path}", "Name another file, or change its permissions")
    return path


def write(path: Path, text: str, option: str) -> None:
    """Replace the file, whole or not at all; what is no regular file, such as /dev/stdout, is written as it is.

    Raises HarnessError.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
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
