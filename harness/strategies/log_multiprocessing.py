"""Logs from several processes of each container, through multiprocessing-logging, to that container's one handler.

Promises that each record is in the files, intact and once, within one container: its processes put records on a queue
that they inherited, and a thread of the parent alone writes and rolls over. They are acknowledged before that, and
those of several processes overtake each other, so no order is promised. A queue does not reach across containers:
with ``file = "shared"`` each container's handler rolls over the same file, as RotatingFileHandler does anywhere.

Storage: any that the container alone writes to; a shared one where ``file = "shared"`` shows the trap.
Cost: a record crosses two pipes, one from the writer to the process that logs it, which is the experiment's, and
the queue's, as a pickle. ``close`` waits 5 s at most for what is still in the queue.
System calls: two ``write`` and two ``read`` on pipes, and one ``write`` to the file, per record; at rollover
``rename`` of each file that there is.
Source: the library's README and source (MultiProcessingHandler); logging cookbook, "Logging to a single file from
multiple processes".
"""

import itertools
from collections.abc import Callable, Sequence
from logging import Logger
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

from harness.promise import Promise
from harness.strategies._logging import DELIVERED, ROTATING_OPTIONS, logger_of, numbered, surfacing, written
from harness.strategies.base import SHARED_FILE, Option, Place, Session, Strategy

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

STOP = b""
DONE = b"done"
OWN_FILES = "writer-????.log"


class LogMultiprocessing(Strategy):
    """multiprocessing_logging.install_mp_handler around a RotatingFileHandler."""

    summary = "multiprocessing-logging: several processes per container, one rotating handler in each"
    promises = DELIVERED - {Promise.WRITER_ORDER}
    options = {
        "processes": Option(3, "processes of each container that log", minimum=1, maximum=32),
        "file": Option("own", "a file of each container's own, or one for all", choices=("own", "shared")),
        **ROTATING_OPTIONS,
    }
    processes: int
    file: str
    max_bytes: int
    backups: int

    def open(self, place: Place) -> Session:
        import multiprocessing

        from multiprocessing_logging import install_mp_handler  # only writers of this case pay for it

        multiprocessing.set_start_method("fork", force=True)  # the only one that the library works with
        path = place.path(f"writer-{place.number:04}.log" if self.file == "own" else SHARED_FILE)
        handler = RotatingFileHandler(path, maxBytes=self.max_bytes, backupCount=self.backups, encoding="ascii")
        logger = logger_of(handler)
        del handler.handleError  # it works in a thread of its own, where an error reaches nobody: as users have it
        install_mp_handler(logger)
        (queued,) = logger.handlers
        surfacing(queued)
        crew = Crew(logger, self.processes)

        def close() -> None:
            crew.close()
            queued.close()

        return Session(crew.write, close)

    def files(self) -> list[str]:
        return numbered(self.backups, OWN_FILES if self.file == "own" else SHARED_FILE)


class Crew:
    """Processes that log what they are handed, in turn, and answer when ``info`` returned."""

    def __init__(self, logger: Logger, processes: int) -> None:
        import multiprocessing

        self._ours: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for _ in range(processes):
            ours, theirs = multiprocessing.Pipe()
            self._ours.append(ours)
            process = multiprocessing.Process(target=_log, args=(theirs, self._ours, written(logger)), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
        self._turns = itertools.cycle(self._ours)

    def write(self, data: bytes) -> int:
        """Have the next process log this record."""
        connection = next(self._turns)
        connection.send_bytes(data)
        answer = connection.recv_bytes()
        if answer != DONE:
            raise OSError(answer.decode())
        return len(data)

    def close(self) -> None:
        """Let each process end as programs do: what it has put on the queue is flushed."""
        for connection, process in zip(self._ours, self._processes, strict=True):
            connection.send_bytes(STOP)
            process.join()
            connection.close()


def _log(theirs: "Connection", ours: "Sequence[Connection]", write: Callable[[bytes], int]) -> None:
    """What such a process does, until it is told to stop or its parent is gone."""
    for connection in ours:
        connection.close()
    try:
        while data := theirs.recv_bytes():
            try:
                write(data)
                theirs.send_bytes(DONE)
            except OSError as error:
                theirs.send_bytes(str(error).encode())
    except EOFError:
        pass


STRATEGY = LogMultiprocessing
