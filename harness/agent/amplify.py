"""Widens the windows between a strategy's own steps, so that rare races show in few trials.

Two writers collide only where one comes between two steps of the other. So each step, a call to the system from Python,
is now and then preceded by a yield or a sleep of microseconds. A pattern that holds its lock stays whole, only slower;
one that leaves a gap is hit in it more often.

It works from outside, by replacing what Python code calls (functions of os and fcntl, sockets' sends, what `open`
returns), so that strategies and the libraries that they use need no change and pay nothing when it is off. Steps
inside C are out of its reach: SQLite's own calls, stdio's buffer, another program such as bash.
"""

import builtins
import fcntl
import functools
import io
import os
import random
import socket
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

YIELD_SHARE = 0.15
"""of the steps: the processor is offered to others, which costs little where nobody waits for it"""
SLEEP_SHARE = 0.05
"""of the steps: the writer sleeps, so that others run even where processors are idle"""
LONGEST_SLEEP_S = 200e-6

FUNCTIONS: tuple[tuple[ModuleType, tuple[str, ...]], ...] = (
    (os, (
        "open", "close", "read", "write", "pread", "pwrite", "readv", "writev", "lseek", "truncate", "ftruncate",
        "fsync", "fdatasync", "rename", "replace", "link", "symlink", "unlink", "remove", "mkdir", "rmdir", "stat",
        "lstat", "fstat", "listdir", "scandir", "utime", "kill",
    )),
    (fcntl, ("flock", "lockf", "fcntl")),
)  # fmt: skip
METHODS = ("send", "sendall", "sendmsg")

_chance = random.Random()
_sleep, _yield = time.sleep, os.sched_yield
_active = False
_installed = False


def install() -> None:
    """Replace what is to pause, in this process; once. Strategies are to be imported afterwards."""
    global _installed  # noqa: PLW0603 - a process is amplified or it is not
    if _installed:
        return
    _installed = True
    for module, names in FUNCTIONS:
        for name in names:
            setattr(module, name, _paused(getattr(module, name)))
    for name in METHODS:
        setattr(socket.socket, name, _paused(getattr(socket.socket, name)))
    io.FileIO = PausingFile  # type: ignore[misc] # exchanged for the whole process, on purpose
    io.open = builtins.open = _open


class on:  # noqa: N801 - used as a context manager's function; one of contextlib can be entered only once
    """Inside, steps pause, by chance of this seed; anew each time that it is entered."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        global _active  # noqa: PLW0603 - one trial at a time in a process
        _chance.seed(self._seed)
        _active = True

    def __exit__(self, *_: object) -> None:
        global _active  # noqa: PLW0603 - one trial at a time in a process
        _active = False


def pause() -> None:
    """Before a step: mostly nothing, sometimes a yield, seldom a sleep."""
    if not _active:
        return
    draw = _chance.random()
    if draw < SLEEP_SHARE:
        _sleep(_chance.random() * LONGEST_SLEEP_S)
    elif draw < SLEEP_SHARE + YIELD_SHARE:
        _yield()


def _paused(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def paused(*arguments: Any, **named: Any) -> Any:
        pause()
        return function(*arguments, **named)

    return paused


class PausingFile(io.FileIO):
    """An unbuffered file; buffers above it call these methods for each system call that they make."""

    def read(self, size: int | None = -1, /) -> bytes:
        pause()
        return super().read(-1 if size is None else size)

    def readinto(self, buffer: Any, /) -> int:
        pause()
        return super().readinto(buffer)

    def write(self, data: Any, /) -> int:
        pause()
        return super().write(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        pause()
        return super().seek(offset, whence)

    def truncate(self, size: int | None = None, /) -> int:
        pause()
        return super().truncate(size)


def _open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """`open` above a `PausingFile`: the layers of CPython's Modules/_io/_iomodule.c, with the same buffer sizes."""
    pause()
    raw = PausingFile(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    try:
        return _layered(raw, mode, buffering, encoding, errors, newline)
    except BaseException:
        raw.close()
        raise


def _layered(
    raw: PausingFile, mode: str, buffering: int, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    text = "b" not in mode
    if buffering == 0:
        if text:
            raise ValueError("can't have unbuffered text I/O")
        return raw
    size = buffering if buffering > 1 else getattr(raw, "_blksize", io.DEFAULT_BUFFER_SIZE)
    buffered = _buffer(mode)(raw, size)
    if not text:
        return buffered
    stream = io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1 or raw.isatty())
    stream.mode = mode  # type: ignore[misc] # as open() itself sets it
    return stream


def _buffer(mode: str) -> Callable[[io.FileIO, int], Any]:
    if "+" in mode:
        return io.BufferedRandom
    return io.BufferedReader if "r" in mode else io.BufferedWriter
