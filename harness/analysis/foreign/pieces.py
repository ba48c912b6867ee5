"""Which records a malformed line holds pieces of, as far as they can be told.

A piece tells its record when it holds all that names it: writer, sequence number, and the byte behind it, without
which a number might have been cut. Where the pattern has a shape, that part of it is searched for; else only
whole matches within the line count. What stands first in a name may be glued to the end of another record, or
have lost its head, unless a literal or nothing stands before it; such pieces are ``loose``, and settled at the end.
"""

import re
from enum import Enum
from itertools import groupby, pairwise
from typing import NamedTuple

import re2

from harness.analysis.foreign.pace import Pace
from harness.analysis.foreign.pattern import MAX_NAME_BYTES, MAX_SEQ, WORK, Pattern, compiled, searcher
from harness.analysis.foreign.shape import Token, beginning_of

MAX_PIECES = 128
MIN_LABEL_BYTES = 2
_WIDE = re.compile(r"(?:\.|\\[SDW])[*+{]|\[\^")
"""What takes almost any text, in a pattern without a shape."""
DIGITS = list(b"0123456789")
MAX_SEARCHES = 128
SEARCHED_BYTES = 1 << 19
"""At either end of a line, at most."""


class Loose(Enum):
    """Which part of a name may begin earlier or later than the piece shows."""

    NOTHING = 0
    WRITER = 1
    SEQ = 2
    WRITER_OF_LINE = 3
    SEQ_OF_LINE = 4
    """the same at the beginning of a line, where it is as it stands, unless that record has a line of its own"""


class Piece(NamedTuple):
    """What a piece of a record says of its name."""

    writer: bytes
    seq: int
    loose: Loose = Loose.NOTHING


class Pieces:
    """Finds the names of records in lines. ``label``: what each record has just before its name, if long enough;
    ``before``: the same, however short. ``cut`` counts the lines that may hold more than was looked for.
    """

    def __init__(self, pattern: Pattern, pace: Pace) -> None:
        self._pace = pace
        self._can = bool(pattern.seq)
        tokens, whole = beginning_of(pattern.text)
        part = _naming_part(tokens, whole, bool(pattern.writer))
        self.before = _before(tokens)
        self.label = self.before if self._can and whole and len(self.before) >= MIN_LABEL_BYTES else b""
        self.cut = 0
        self.may_hide = (
            self._can and not self.label and (_passes(tokens) if whole else bool(_WIDE.search(pattern.text)))
        )
        regexp = compiled(part if part is not None else pattern.text)
        self._ends_open = part is None
        self._search = searcher(regexp)
        groups = regexp.groupindex
        self._writer, self._seq = groups.get(b"writer", 0), groups.get(b"seq", 0)
        self._most = min(SEARCHED_BYTES, WORK // max(1, regexp.programsize) // MAX_SEARCHES)

    def find(self, line: bytes) -> list[Piece]:
        """The pieces that name a record, in order, each once; MAX_PIECES at most. NULs at the beginning are skipped."""
        if not self._can or self.label not in line:
            return []
        found: dict[Piece, None] = {}
        with self._pace.on(len(line), 1):
            text = line.lstrip(b"\0")
            headless, line = len(text) < len(line), text
            self._find(line, 0, found, headless=headless)
            if len(line) > self._most:
                self._find(line, max(self._most, len(line) - self._most), found)
                self.cut += len(line) > 2 * self._most
        return list(found)

    def _find(self, line: bytes, at: int, found: dict[Piece, None], *, headless: bool = False) -> None:
        end = min(len(line), at + self._most)
        for _ in range(MAX_SEARCHES):
            spans = self._search(line, at, end)
            if spans is None:
                return
            if len(found) == MAX_PIECES:
                break
            piece = self._piece(line, spans, headless=headless)
            if piece is not None:
                found[piece] = None
            last = spans[self._seq][1]
            at = max(at + 1, last if last > spans[self._seq][0] else spans[0][1])
        self.cut += 1

    def _piece(self, line: bytes, spans: list[tuple[int, int]], *, headless: bool) -> Piece | None:
        first, last = spans[self._seq]
        digits = line[first:last].lstrip(b" \t") if first >= 0 else b""
        start, stop = spans[self._writer] if self._writer else (-1, -1)
        if not digits.isdigit() or len(digits) > 19 or int(digits) > MAX_SEQ:
            return None
        if self._ends_open and spans[0][1] in (last, stop) and spans[0][1] < len(line):
            return None  # the name ends the pattern, and what stands behind it may belong to it
        begun = spans[0][0]
        loose = Loose.NOTHING
        if begun == first:
            loose = Loose.SEQ if begun or headless else Loose.SEQ_OF_LINE
        elif begun == start:
            loose = Loose.WRITER if begun or headless else Loose.WRITER_OF_LINE
        writer = line[start:stop] if start >= 0 else b""
        if len(writer) > MAX_NAME_BYTES:
            writer, loose = writer[-MAX_NAME_BYTES:], Loose.WRITER
        return Piece(writer, int(digits), loose)


def _before(tokens: list[Token]) -> bytes:
    """The literal just before the name, which may be empty."""
    for before, token in pairwise(tokens):
        if token.group in ("writer", "seq"):
            return before.literal if before.group not in ("writer", "seq") else b""
    return b""


def _passes(tokens: list[Token]) -> bool:
    """Whether what follows a name may hold a second one: a long run that takes digits."""
    named = [at for at, token in enumerate(tokens) if token.group in ("writer", "seq")]
    behind = tokens[named[-1] + 1 :] if named else tokens
    return any(token.members is not None and token.most > 8 and bool(token.members[DIGITS].all()) for token in behind)


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
    if whole or tokens[last + 1].least:
        parts.append(_behind(tokens[last + 1 :]))
    return "".join(parts)


def _behind(tokens: list[Token]) -> str:
    """What the byte behind a name can be: what the first tokens allow there, or the end where they may be empty."""
    can = []
    for token in tokens:
        can.append(re2.escape(token.literal[:1]).decode() if token.literal else _one_of(token))
        if token.least:
            break
    else:
        can.append("$")
    return f"(?:{'|'.join(can)})"


def _one_of(token: Token) -> str:
    """The class of a run, without how often."""
    source = token.source
    if source.endswith("}"):
        return source[: source.rindex("{")]
    return source[:-1] if (token.least, token.most) != (1, 1) else source
