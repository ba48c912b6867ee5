"""What strategies share that log through Python's logging module: a logger with one handler, as a session.

The format is the message alone, so that what reaches the file is the record, byte for byte. A handler's usual way with
an error is to print it and go on, which a program cannot tell from success: here it surfaces.
"""

import logging
import sys
from collections.abc import Callable

from harness.promise import Promise
from harness.strategies.base import LOG_PROMISES, SHARED_FILE, Option, Rejected, Session

LOGGER = "harness.written"
MESSAGE = "%(message)s"
DELIVERED = LOG_PROMISES - {Promise.REAL_TIME_ORDER}
"""where records reach the log later than their acknowledgement, or in files of their own: no real-time order"""
ROTATING_OPTIONS = {
    "max_bytes": Option(100_000, "size in bytes at which the file is rolled over", minimum=1000),
    "backups": Option(
        100, "files that are kept beside the current one: far more than one process would fill", minimum=1, maximum=1000
    ),
}


def logger_of(handler: logging.Handler, line: str = MESSAGE) -> logging.Logger:
    """The writer's logger, with this handler and no other, which formats ``line`` and whose errors surface."""
    handler.setFormatter(logging.Formatter(line))
    surfacing(handler)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers[:] = [handler]
    return logger


def surfacing(handler: logging.Handler) -> None:
    """Let the handler's errors reach the caller."""
    handler.handleError = _surface  # type: ignore[method-assign, assignment] # for any handler, without a class of each


def session(handler: logging.Handler) -> Session:
    """A session that logs each record to the handler: ``logger.info`` returned, so it is acknowledged."""
    return Session(written(logger_of(handler)), handler.close)


def written(logger: logging.Logger) -> Callable[[bytes], int]:
    """A session's write function. A file that is gone in the middle of a rollover refuses that one record."""
    info = logger.info

    def write(data: bytes) -> int:
        try:
            info(str(data[:-1], "ascii"))
        except FileNotFoundError as error:
            raise Rejected(str(error)) from None
        return len(data)

    return write


def numbered(backups: int, name: str = SHARED_FILE) -> list[str]:
    """The files of a handler that renames ``log`` to ``log.1``, ``log.1`` to ``log.2`` …: oldest first."""
    return [*(f"{name}.{number}" for number in range(backups, 0, -1)), name]


def _surface(_record: logging.LogRecord) -> None:
    """What a handler calls while it handles an exception: raise it again."""
    error = sys.exception()
    if error is not None:
        raise error
