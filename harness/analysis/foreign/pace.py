"""Gives up on a pattern that is slow on the log at hand.

RE2 is linear in the text, but where a pattern defeats its automaton each byte costs a step for each of the pattern's
instructions, up to a thousand times what it costs else: minutes for a few megabytes. Time is that of the processor, so
that a busy machine does not count against a pattern.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import UsageError

GRACE_S = 20.0
"""A pattern that has taken less is not judged."""
US_PER_BYTE = 0.5
US_PER_LINE = 25.0
"""Both are some ten times what the usual patterns take."""


class Pace:
    """Sums up what was spent on a pattern, and on how much text."""

    def __init__(self) -> None:
        self._spent_s = self._fair_us = 0.0
        self._bytes = 0

    @contextmanager
    def on(self, size_bytes: int, lines: int) -> Iterator[None]:
        """Time the work on so much text. Raises UsageError after it when the pattern is too slow."""
        began = time.thread_time()
        yield
        self._spent_s += time.thread_time() - began
        self._bytes += size_bytes
        self._fair_us += size_bytes * US_PER_BYTE + lines * US_PER_LINE
        if self._spent_s > GRACE_S and self._spent_s * 1e6 > self._fair_us:
            raise UsageError(
                f"--pattern: too slow on this log, {self._spent_s:.0f} s for its first {self._bytes:,} bytes",
                "Use * or + instead of counted repetition, and classes such as [^ ]+ that end at what follows",
            )
