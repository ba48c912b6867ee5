"""Every error that a user can meet, with the exit code that it ends in.

One tree, so that the command line catches one class. A message says what happened, to which
thing, and what to do next: the ``remedy`` is a part of the error, not of the documentation.
"""

import re
from enum import IntEnum


class ExitCode(IntEnum):
    """How the program ends; documented in docs/exit-codes.md."""

    AS_EXPECTED = 0
    DAMAGE = 1
    USAGE = 2
    INCONCLUSIVE = 3
    ENGINE = 4
    INTERRUPTED = 130


def one_line(text: str) -> str:
    """The text on one line: what others wrote, such as a strategy's own error, may have many."""
    return re.sub(r"\s*[\r\n\v\f\x85\u2028\u2029]+\s*", " ", text.strip())


def counted(count: int, thing: str) -> str:
    """A number and what it counts, in the singular where it is one."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class HarnessError(Exception):
    """What went wrong (``message``) and what to do next (``remedy``)."""

    exit_code = ExitCode.ENGINE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = one_line(message)
        self.remedy = one_line(remedy)

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        stop = "" if self.message.endswith(("?", "!", ".", "…")) else "."
        return f"{self.message}{stop} {self.remedy[0].upper()}{self.remedy[1:]}"


class UsageError(HarnessError):
    """A wrong argument, scenario or option: nothing was started."""

    exit_code = ExitCode.USAGE


class EngineError(HarnessError):
    """The place where writers live failed: no daemon, no image, a daemon that went away."""

    exit_code = ExitCode.ENGINE


class MemberError(EngineError):
    """One writer, consumer, server or analyser died, was silent past its deadline, or reported an error."""

    def __init__(self, member: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{member}: {message}", remedy)
        self.member = member


class SilenceError(MemberError):
    """A member that runs, and did not answer in time; ``words``: what it printed last."""

    def __init__(self, member: str, waited_s: float, words: str = "") -> None:
        super().__init__(
            member, f"said nothing for {waited_s:.3g} s{words}", "run again with -v to see all its messages"
        )
        self.words = words
