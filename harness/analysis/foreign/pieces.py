"""Which records a malformed line holds pieces of, as far as they can be told.

A piece tells its record when it holds all that names it: writer, sequence number, and the byte behind it, without
which a number might have been cut. Where the pattern has a shape, that part of it is searched for; else only
whole matches within the line count.
"""

from itertools import groupby, pairwise

import re2

from harness.analysis.foreign.pace import Pace
from harness.analysis.foreign.pattern import MAX_NAME_BYTES, MAX_SEQ, WORK, Pattern, compiled, searcher
from harness.analysis.foreign.shape import Token, beginning_of

MAX_PIECES = 16
MIN_LABEL_BYTES = 2
MAX_SEARCHES = 64
SEARCHED_BYTES = 1 << 20
TIMED_BYTES = 4096
"""Lines from which on a search is timed."""


class Pieces:
    """Finds the names of records in lines. ``label``: what each record has just before its name, if long enough."""

    def __init__(self, pattern: Pattern, pace: Pace) -> None:
        self._pace = pace
        self._can = bool(pattern.seq)
        tokens, whole = beginning_of(pattern.text)
        part = _naming_part(tokens, whole, bool(pattern.writer))
        self.label = _label(tokens) if self._can and whole else b""
        regexp = compiled(part if part is not None else pattern.text)
        self._search = searcher(regexp)
        groups = regexp.groupindex
        self._writer, self._seq = groups.get(b"writer", 0), groups.get(b"seq", 0)
        self._most = min(SEARCHED_BYTES, WORK // max(1, regexp.programsize) // MAX_SEARCHES)

    def find(self, line: bytes) -> list[tuple[bytes, int]]:
        """Writer and sequence number of each record named in ``line``, in order, each once; MAX_PIECES at most."""
        if self.label not in line:
            return []
        if len(line) < TIMED_BYTES:
            return self._find(line)
        with self._pace.on(len(line), 1):
            return self._find(line)

    def _find(self, line: bytes) -> list[tuple[bytes, int]]:
        found: dict[tuple[bytes, int], None] = {}
        end = min(len(line), self._most)
        at = 0
        for _ in range(MAX_SEARCHES if self._can else 0):
            spans = self._search(line, at, end)
            if spans is None or len(found) == MAX_PIECES:
                break
            first, last = spans[self._seq]
            digits = line[first:last] if first >= 0 else b""
            start, stop = spans[self._writer] if self._writer else (0, 0)
            writer = line[start:stop] if start >= 0 else b""
            if digits.isdigit() and len(digits) < 20 and int(digits) <= MAX_SEQ and len(writer) <= MAX_NAME_BYTES:
                found[writer, int(digits)] = None
            at = max(at + 1, last if digits else spans[0][1])
        return list(found)


def _label(tokens: list[Token]) -> bytes:
    for before, token in pairwise(tokens):
        if token.group in ("writer", "seq"):
            return before.literal if len(before.literal) >= MIN_LABEL_BYTES and before.group is None else b""
    return b""


def _naming_part(tokens: list[Token], whole: bool, with_writer: bool) -> str | None:
    """The part of a pattern that names a record, with the literal before it and the byte behind it.

    None where ``tokens``, the ``whole`` pattern or its beginning, do not hold all of that.
    """
    named = [at for at, token in enumerate(tokens) if token.group in ("writer", "seq")]
    if {"writer", "seq"} - {token.group for token in tokens} - (set() if with_writer else {"writer"}):
        return None
    first, last = named[0], named[-1]
    if not whole and (last + 1 == len(tokens) or not tokens[last + 1].least):
        return None
    if first and tokens[first - 1].members is None:
        first -= 1
    parts = []
    for group, members in groupby(tokens[first : last + 1], key=lambda token: token.group):
        inside = "".join(token.source for token in members)
        parts.append(f"(?P<{group}>{inside})" if group in ("writer", "seq") else inside)
    behind = tokens[last + 1 : last + 2]
    if behind and behind[0].least:
        parts.append(re2.escape(behind[0].literal[:1]).decode() if behind[0].literal else behind[0].source)
    elif not behind:
        parts.append("$")
    return "".join(parts)
