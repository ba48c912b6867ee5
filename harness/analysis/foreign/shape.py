r"""The shape of a simple pattern: literals and runs of a class of bytes, of which a text can be read in one way only.

Most patterns for logs are like that: ``writer=(?P<writer>\d+) seq=(?P<seq>\d+) payload=.*``. A run ends where the
first byte outside its class stands, because what follows it cannot begin with a byte of the class; so there
is nothing to try twice, and many lines can be matched at once. Other patterns have no shape here.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.analysis.foreign.seen import Flags

_CLASSES = {
    "d": b"0123456789",
    "w": b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_",
    "s": b"\t\n\f\r ",
}
_ESCAPES = {"t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_SPECIAL = set("\\^$.|?*+()[]{}")
MAX_TOKENS = 64
UNBOUNDED = 1 << 62


@dataclass(frozen=True, slots=True)
class Token:
    """``least`` to ``most`` bytes of ``members`` (256 flags), or the literal bytes; ``group``: the group around it.

    ``source`` is what the pattern says for it, groups' parentheses apart.
    """

    literal: bytes
    members: Flags | None
    least: int
    most: int
    group: str | None
    source: str


class _NoShape(Exception):
    """The pattern is not that simple."""


def shape_of(text: str) -> list[Token] | None:
    """The tokens of a pattern, or None when it has no shape."""
    tokens, whole = beginning_of(text)
    return tokens if whole and len(tokens) <= MAX_TOKENS and _determined(tokens) else None


def beginning_of(text: str) -> tuple[list[Token], bool]:
    """The tokens that a pattern begins with, wherever their runs end, and whether they are the whole of it."""
    parser = _Parser(text)
    try:
        parser.parse()
    except (_NoShape, IndexError, ValueError):
        return _merged(parser.found[: parser.open_at]), False  # a group that may not be there requires nothing
    return _merged(parser.found), True


def _determined(tokens: list[Token]) -> bool:
    """Whether each run of variable length ends where it must."""
    for token, following in pairwise(tokens):
        if token.members is None or token.least == token.most:
            continue
        if following.least == 0:
            return False
        first = following.members if following.members is not None else _flags(following.literal[:1])
        if (token.members & first).any():
            return False
    return True


class _Parser:
    def __init__(self, text: str) -> None:
        self.found: list[Token] = []
        self.open_at: int | None = None
        self._text = text.removeprefix("^")
        if self._text.endswith("$") and not self._text.endswith("\\$"):
            self._text = self._text[:-1]
        self._at = 0

    def parse(self) -> None:
        """Add the pattern's tokens to ``found``. Raises _NoShape at the first that is none."""
        if not self._text.isascii() or "\n" in self._text:
            raise _NoShape
        group: str | None = None
        opened = False
        while self._at < len(self._text):
            if self._text[self._at] == "(":
                if opened:
                    raise _NoShape
                self.open_at = len(self.found)
                group, opened = self._opening(), True
            elif self._text[self._at] == ")":
                self._at += 1
                if not opened or self._text[self._at : self._at + 1] in set("*+?{") - {""}:
                    raise _NoShape
                group, opened, self.open_at = None, False, None
            else:
                self.found.append(self._token(group))
        if opened:
            raise _NoShape

    def _opening(self) -> str | None:
        rest = self._text[self._at :]
        if rest.startswith("(?P<"):
            name, closed, _ = rest[4:].partition(">")
            if not closed:
                raise _NoShape
            self._at += 4 + len(name) + 1
            return name
        if rest.startswith("(?") and not rest.startswith("(?:"):
            raise _NoShape
        self._at += 3 if rest.startswith("(?:") else 1
        return None

    def _token(self, group: str | None) -> Token:
        start = self._at
        members = self._members()
        least, most = self._quantifier()
        source = self._text[start : self._at]
        if least == most == 1 and members.sum() == 1:
            literal = bytes([int(np.flatnonzero(members)[0])])
            return Token(literal, None, 1, 1, group, source)
        members[10] = False  # a line holds no newline
        return Token(b"", members, least, most, group, source)

    def _members(self) -> Flags:
        char = self._text[self._at]
        self._at += 1
        if char == ".":
            return ~_flags(b"\n")
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._bracket()
        if char in _SPECIAL:
            raise _NoShape
        return _flags(char.encode())

    def _escape(self) -> Flags:
        char = self._text[self._at]
        self._at += 1
        if char.lower() in _CLASSES:
            members = _flags(_CLASSES[char.lower()])
            return members if char.islower() else ~members
        if char in _ESCAPES:
            return _flags(bytes([_ESCAPES[char]]))
        if char.isalnum():
            raise _NoShape
        return _flags(char.encode())

    def _bracket(self) -> Flags:
        negated = self._text[self._at] == "^"
        self._at += negated
        members = _flags(b"")
        first = True
        while first or self._text[self._at] != "]":
            char = self._text[self._at]
            if char == "[" or (first and char == "]"):
                raise _NoShape
            first = False
            if char == "\\":
                self._at += 1
                members |= self._escape()
                if self._text[self._at] == "-" and self._text[self._at + 1] != "]":
                    raise _NoShape
                continue
            self._at += 1
            if self._text[self._at] == "-" and self._text[self._at + 1] != "]":
                last = self._text[self._at + 1]
                if last in "\\[" or last < char:
                    raise _NoShape
                members[ord(char) : ord(last) + 1] = True
                self._at += 2
            else:
                members[ord(char)] = True
        self._at += 1
        return ~members if negated else members

    def _quantifier(self) -> tuple[int, int]:
        char = self._text[self._at : self._at + 1]
        if char not in ("*", "+", "{", "?"):
            return 1, 1
        if char == "?":
            raise _NoShape
        if char == "{":
            inside, closed, _ = self._text[self._at + 1 :].partition("}")
            low, comma, high = inside.partition(",")
            if not closed or not low.isdecimal() or (high and not high.isdecimal()):
                raise _NoShape
            self._at += len(inside) + 2
            bounds = int(low), int(high) if high else UNBOUNDED if comma else int(low)
        else:
            self._at += 1
            bounds = (0 if char == "*" else 1), UNBOUNDED
        if self._text[self._at : self._at + 1] in ("*", "+", "?", "{") and self._at < len(self._text):
            raise _NoShape
        return bounds


def _merged(tokens: list[Token]) -> list[Token]:
    """Neighbouring literals of one group as one."""
    merged: list[Token] = []
    for token in tokens:
        last = merged[-1] if merged else None
        if last and last.members is None and token.members is None and last.group == token.group:
            literal = last.literal + token.literal
            merged[-1] = Token(literal, None, len(literal), len(literal), token.group, last.source + token.source)
        else:
            merged.append(token)
    return merged


def _flags(members: bytes) -> Flags:
    flags = np.zeros(256, np.bool_)
    flags[list(members)] = True
    return flags
