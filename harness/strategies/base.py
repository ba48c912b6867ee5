"""What a strategy is: its promises, its options, and a session per writer that writes records.

A strategy's file holds its whole behaviour: what writers do, what consumers do, which files result.
The agent supplies everything else: records, barrier, journal, timed loop. Standard library only at
import, because every container pays for it at start-up.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from harness.promise import Promise

if TYPE_CHECKING:
    import socket

SHARED_FILE = "shared.log"
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC

LOG_PROMISES = frozenset(
    {Promise.INTACT, Promise.NO_LOSS, Promise.NO_DUPLICATES, Promise.WRITER_ORDER, Promise.REAL_TIME_ORDER}
)
"""What people expect of a log that several processes append to."""


class Feature(StrEnum):
    """What an engine may lack. The value completes the sentence "the local engine has no ..."."""

    READ_ONLY_MOUNTS = "read-only mounts"
    """observers see the storage through a mount that refuses writes"""
    PID_NAMESPACES = "PID namespace of its own for each member"
    """a process id means nothing to other members"""


class Rejected(Exception):
    """The store refused this one operation and said so: not acknowledged, counted, and the writer goes on."""


class Option(NamedTuple):
    """One option of a strategy: its default (whose type it must have), what it means, what it may be."""

    default: bool | int | float | str
    help: str
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Place(NamedTuple):
    """Where one member finds itself in one trial.

    ``directory``: the trial's directory on the storage under test, shared by all. ``private``: a directory
    that no other member sees. ``number``: this writer's (consumer's, observer's), from 0, ``of`` so many. ``services``:
    name -> (host, port), of consumers on the network too: ``consumer-0``. ``incarnation``: how often this consumer died
    and was started again. ``listener``: the socket by which writers reach this consumer.
    """

    directory: str
    private: str
    number: int
    of: int
    trial: str
    seed: int
    services: Mapping[str, tuple[str, int]]
    incarnation: int = 0
    listener: "socket.socket | None" = None

    def path(self, name: str = SHARED_FILE) -> str:
        """A file of the trial."""
        return f"{self.directory}/{name}"


class Session:
    """One writer's open handle on the store.

    ``write(record)`` returns the number of bytes that the store acknowledged; less than the record is a
    short write. It may raise OSError, or Rejected. ``acquire`` and ``release``, where given, enclose it: the
    agent notes when the critical section was entered and left. ``notes``: what people are to be told about this
    writer's trial beside its records: what opening found out, and what closing did. ``losses``: what it knows of
    acknowledged records that were lost nevertheless, cause -> how many.
    """

    __slots__ = ("acquire", "close", "losses", "notes", "release", "write")

    def __init__(
        self,
        write: Callable[[bytes], int],
        close: Callable[[], object],
        acquire: Callable[[], object] | None = None,
        release: Callable[[], object] | None = None,
        notes: Sequence[str] = (),
        losses: Mapping[str, int] | None = None,
    ) -> None:
        self.write = write
        self.close = close
        self.acquire = acquire
        self.release = release
        self.notes = notes
        self.losses = losses if losses is not None else {}


class Reader(NamedTuple):
    """One observer's way to the document.

    ``read()`` returns the whole content as it finds it; FileNotFoundError says that there is none, and Rejected that
    the observer itself turned down what it found.
    """

    read: Callable[[], bytes]
    close: Callable[[], object]


class Strategy:
    """One way to coordinate. Subclasses set the class attributes and ``open``; the rest has defaults."""

    summary: ClassVar[str]
    """one line for ``harness list``"""
    promises: frozenset[Promise] = LOG_PROMISES
    """what it promises; a property where options change it"""
    options: ClassVar[Mapping[str, Option]] = {}
    services: ClassVar[tuple[str, ...]] = ()
    """names of modules in harness/services: servers that the engine starts for it"""
    programs: tuple[str, ...] = ()
    """names of modules in harness/services whose program members run themselves, so that it has to be in the image"""
    needs: Collection[Feature] = ()
    """without these of the engine it would show nothing: its cases are skipped"""
    consumers: int = 0
    """how many consumer containers it needs"""
    network: Literal["", "tcp", "udp"] = ""
    """how writers reach consumers; if at all, each consumer has a socket of this kind, open before any writer starts"""
    observers: int = 0
    """how many observer containers it needs"""
    supersedes: bool = False
    """each record replaces the former: only the last acknowledged one has to be there in the end"""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Options as attributes. Raises ValueError that names the option and what it may be."""
        for name in options:
            if name not in self.options:
                known = ", ".join(sorted(self.options)) or "none"
                raise ValueError(f"unknown option {name!r} (there are: {known})")
        for name, option in self.options.items():
            setattr(self, name, _checked(name, option, options.get(name, option.default)))

    def open(self, place: Place) -> Session:
        """This writer's session. Called before the barrier; not timed."""
        raise NotImplementedError

    def consume(self, place: Place, finished: Callable[[], bool]) -> Mapping[str, int] | None:
        """What a consumer does from the barrier until ``finished()`` (all writers are done) and nothing is left.

        May return what it knows of records that were lost on their way to it: cause -> how many.
        """
        raise NotImplementedError

    def observe(self, place: Place) -> Reader:
        """This observer's reader. Called before the barrier, when writers have opened; the agent reads through it
        from the barrier until all writers are done, and checks what it gets."""
        raise NotImplementedError

    def collect(self, place: Place) -> str | None:  # noqa: ARG002 - strategies whose store is no file override this
        """Write out the store's final state as files, where it is not files of records already.

        Called in writer 0 when all writers and consumers are done; not timed. Returns what people are to be told
        about that, if anything.
        """
        return None

    def files(self) -> Sequence[str]:
        """Names (or glob patterns) of the files that hold the records, in reading order."""
        return (SHARED_FILE,)


KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""TOML's words for what an option may be"""


def _shown(value: object) -> str:
    """A value as TOML has it, or nearly so."""
    return str(value).lower() if isinstance(value, bool) else f"{value!r:.80}"


def _checked(name: str, option: Option, value: object) -> object:
    wanted = type(option.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise ValueError(f"option {name!r} must be {KINDS[wanted]}, not {_shown(value)}")
    if option.choices and value not in option.choices:
        raise ValueError(f"option {name!r} must be one of {', '.join(map(repr, option.choices))}, not {_shown(value)}")
    if isinstance(value, (int, float)):
        if option.minimum is not None and value < option.minimum:
            raise ValueError(f"option {name!r} must be at least {option.minimum}, not {_shown(value)}")
        if option.maximum is not None and value > option.maximum:
            raise ValueError(f"option {name!r} must be at most {option.maximum}, not {_shown(value)}")
    return value
