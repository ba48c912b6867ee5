"""Checksums of foreign lines: CRC-32 in hex, of a text that formats choose differently."""

import re
import zlib

_LABEL = re.compile(rb"(?:[\"'\[({#*]?[A-Za-z0-9_-]{1,16}[\"']?[ \t]?[=:][ \t]?)?[\"'\[(#*]?\Z")
_BEHIND = re.compile(rb"[\"'\])]?[ \t,;|]")
_SEPARATORS = b" \t,;|"
_HEX = re.compile(rb"(?:0[xX])?[0-9a-fA-F]{1,8}")


class Checksum:
    """Verifies CRC-32 (zlib's).

    It may cover the line before the checksum: as it is, without trailing blanks, or without the checksum's label and
    none, one or all of the separators before that; or the line after it, with or without leading blanks or a
    separator; or the line with the checksum cut out.
    The form that was right for one line is tried first for the next.
    """

    def __init__(self) -> None:
        self._form = 0

    def fault(self, line: bytes, start: int, end: int) -> str | None:
        """Why the checksum in ``line[start:end]`` is wrong, or None."""
        given = line[start:end]
        if not _HEX.fullmatch(given):
            return "no checksum of 1 to 8 hex digits"
        value = int(given, 16)
        for form in (self._form, *range(_FORMS)):
            covered = _covered(line, start, end, form)
            if covered and zlib.crc32(covered) == value:  # that of an empty text is 0, which tells nothing
                self._form = form
                return None
        actual = zlib.crc32(_covered(line, start, end, self._form))
        return f"checksum is {given.decode()}, and of the text {actual:08x}"


_FORMS = 9


def _covered(line: bytes, start: int, end: int, form: int) -> bytes:
    before, behind = line[:start], line[end:]
    match form:
        case 0:
            return _unlabelled(before).rstrip(_SEPARATORS)
        case 1:
            return before.rstrip(b" \t")
        case 2:
            return before
        case 3:
            return behind.lstrip(b" \t")
        case 4:
            return behind
        case 5:
            return before + behind
        case 6:
            text = _unlabelled(before)
            return text[:-1] if text[-1:] in _SEPARATORS else text
        case 7:
            return _unlabelled(before)
        case _:
            return _BEHIND.sub(b"", behind, count=1) if _BEHIND.match(behind) else behind


def _unlabelled(before: bytes) -> bytes:
    """The text without the label of the checksum that follows it."""
    tail = before[-32:]
    label = _LABEL.search(tail)
    return before[: len(before) - len(tail) + label.start()] if label else before
