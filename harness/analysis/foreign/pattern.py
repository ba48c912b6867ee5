"""The user's pattern, in RE2: matching takes time linear in the text, whatever the pattern.

A pattern works on bytes (Latin-1 to RE2): ``.`` is any byte but a newline, and a letter beyond ASCII in it stands for
its UTF-8 bytes. Lines are matched as a whole, so that what stands before or behind a record is never overlooked.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import re2

from harness.errors import UsageError

GROUPS = ("writer", "seq", "crc")
MEMORY_BYTES = 1 << 20
"""What RE2 may use for one compiled pattern."""
MAX_SIZE = 3000
"""Instructions of a compiled pattern; each is a step per byte at worst."""
WORK = 1 << 31
"""Bytes times instructions that one line may cost: about 10 s at worst."""
MAX_SEQ = (1 << 63) - 1
MAX_NAME_BYTES = 256

_ALIASES = {
    "writer": ("write", "writers", "writerid", "writername"),
    "seq": ("sequence", "seqno", "seqnr", "seqnum", "seqnumber", "seqid", "sequenceno", "sequencenumber"),
    "crc": ("checksum", "crcsum", "chksum", "cksum"),
}
_REMEDIES = (
    ("invalid perl operator: (?P", "RE2 has no backreferences such as (?P=name); a group is written (?P<writer>...)"),
    (
        "invalid perl operator",
        "RE2 has no look-around, conditions or atomic groups: match what surrounds the record instead",
    ),
    ("invalid escape sequence", "RE2 has no backreferences, and writes Python's \\Z as \\z"),
    ("invalid named capture", "Named groups are written (?P<writer>...), and there is no (?P=name)"),
    ("no argument for repetition", "Put what is to be repeated before it; a plain * is written \\*"),
    ("bad repetition", "RE2 has no possessive repetition such as a++, and repeats a repetition only in (?:...)"),
    ("repetition", "Repeat at most 1000 times, or use * or +"),
    ("too large", "Use * or + instead of counted repetition"),
)


class Pattern:
    """A compiled pattern. ``writer``, ``seq`` and ``crc`` are the numbers of these groups, 0 where there is none."""

    def __init__(self, text: str) -> None:
        """Raises UsageError, with the remedy, for what RE2 cannot or will not compile."""
        self.text = text
        self._regexp = compiled(text)
        index = self._regexp.groupindex
        self.size = int(self._regexp.programsize)
        if self.size > MAX_SIZE:
            raise UsageError(
                f"--pattern: it compiles to {self.size} instructions, and {MAX_SIZE} are allowed",
                "Use * or + instead of counted repetition",
            )
        twice = [name for name in GROUPS if text.count(f"(?P<{name}>") + text.count(f"(?<{name}>") > 1]
        if twice:
            raise UsageError(f"--pattern: group {twice[0]} is there twice", "Name it once, around the alternatives")
        for name in index:
            if meant := _meant(name.decode("utf-8", "replace")):
                raise UsageError(
                    f"--pattern: unknown group {name.decode('utf-8', 'replace')}",
                    f"Name it {meant}; groups with a meaning: {', '.join(GROUPS)}",
                )
        self.writer, self.seq, self.crc = (index.get(name.encode(), 0) for name in GROUPS)
        self._match = self._regexp._regexp.Match  # noqa: SLF001 # match objects would take twice the time

    def spans(self, line: bytes) -> list[tuple[int, int]] | None:
        """Where the groups of a match of the whole line are, (-1, -1) for one that took no part."""
        spans: list[tuple[int, int]] = self._match(_WHOLE, line, 0, len(line))
        return spans if spans[0][0] == 0 else None


def _meant(name: str) -> str | None:
    """The group with a meaning that another name was probably meant for."""
    if name in GROUPS:
        return None
    plain = name.lower().replace("_", "").rstrip("0123456789")
    for group, others in _ALIASES.items():
        if plain in others or get_close_matches(plain, (group,), cutoff=0.8):
            return group
    return None


_WHOLE = re2._Anchor.ANCHOR_BOTH  # noqa: SLF001 # what the calls below take; not exported
_ANYWHERE = re2._Anchor.UNANCHORED  # noqa: SLF001 # likewise
Spans = list[tuple[int, int]]


def searcher(regexp: Any) -> Callable[[bytes, int, int], Spans | None]:
    """The search of a compiled pattern anywhere in ``text[start:end]``: spans of its groups, or None."""
    match = regexp._regexp.Match  # noqa: SLF001

    def search(text: bytes, start: int, end: int) -> Spans | None:
        spans: Spans = match(_ANYWHERE, text, start, end)
        return spans if spans[0][0] >= 0 else None

    return search


def compiled(text: str) -> Any:
    """The pattern in RE2, on bytes."""
    if re.search(r"(?<!\\)(?:\\\\)*\{,[0-9]+\}", text):
        raise UsageError(
            "--pattern: {,n} is read differently by different engines", "Write {0,n}, or \\{,n} for the text"
        )
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    try:
        return re2.compile(text.encode("utf-8", "surrogateescape"), options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        message = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        message = _as_given(message)
        remedy = next((remedy for key, remedy in _REMEDIES if key in message), "See the syntax of RE2")
        raise UsageError(f"--pattern: {message}", remedy) from None


def _as_given(message: str) -> str:
    """RE2's message on one line, with letters beyond ASCII as the user wrote them."""
    with suppress(UnicodeError):
        message = message.encode("latin-1").decode()
    return message.replace("\n", "\\n").replace("\r", "\\r")
