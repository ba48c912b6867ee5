"""One block's lines: blank, malformed with its reason, or matching with its writer and sequence number."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from harness.analysis.foreign.checksum import Checksum
from harness.analysis.foreign.columns import PADDING, Columns, Text, run_end
from harness.analysis.foreign.pace import Pace
from harness.analysis.foreign.pattern import MAX_NAME_BYTES, MAX_SEQ, WORK, Pattern
from harness.analysis.foreign.seen import Flags, Ints
from harness.analysis.foreign.tally import NO_SEQ, Tally

NEWLINE, RETURN = 10, 13
BLANKS = b" \t"
NOT_MATCHED = "not matched by the pattern"
_BLANK, _NUL = np.zeros((2, 256), np.bool_)
_BLANK[[9, 32, RETURN]] = True
_NUL[0] = True


@dataclass(slots=True)
class Told:
    """The lines of a block: ``line`` are the matching ones, as indices; others are blank, or in ``malformed``.

    ``end`` is before the newline and one carriage return.
    """

    start: Ints
    end: Ints
    next: Ints
    line: Ints
    writer: Ints
    seq: Ints
    malformed: dict[int, str] = field(default_factory=dict)
    blank: int = 0


class LineReader:
    """Matches lines: in columns where the pattern's shape allows, one by one in RE2 else."""

    def __init__(self, pattern: Pattern, tally: Tally, pace: Pace) -> None:
        self._pattern = pattern
        self._pace = pace
        self._tally = tally
        self._columns = Columns.of(pattern.text, tally) if not pattern.crc else None
        self._checksum = Checksum()
        self._longest = WORK // max(1, pattern.size)

    def read(self, data: bytes) -> Told:
        """Tell the lines of ``data``, which ends a line."""
        told, plain = begin(data)
        with self._pace.on(len(data), told.start.size):
            self._match(told, data, np.frombuffer(data + b"\n" * PADDING, np.uint8), np.flatnonzero(plain))
        return told

    def _match(self, told: Told, data: bytes, padded: Text, lines: Ints) -> None:
        if self._columns is None:
            told.line, told.writer, told.seq = self._one_by_one(told, data, lines)
            return
        hit, writer, seq, unsure = self._columns.match(padded, told.start[lines], told.end[lines])
        told.line, told.writer, told.seq = lines[hit], writer, seq
        if hit.size < lines.size:
            no_match = np.ones(lines.size, np.bool_)
            no_match[hit] = no_match[unsure] = False
            told.malformed |= dict.fromkeys(lines[no_match].tolist(), NOT_MATCHED)
            more = self._one_by_one(told, data, lines[unsure])
            if more[0].size:
                line = np.concatenate((told.line, more[0]))
                order = np.argsort(line)
                told.line = line[order]
                told.writer = np.concatenate((told.writer, more[1]))[order]
                told.seq = np.concatenate((told.seq, more[2]))[order]

    def _one_by_one(self, told: Told, data: bytes, lines: Ints) -> tuple[Ints, Ints, Ints]:
        pattern, number, spans_of = self._pattern, self._tally.number, self._pattern.spans
        hit: list[int] = []
        writers: list[int] = []
        seqs: list[int] = []
        for at, start, end in _rows(lines, told.start[lines], told.end[lines]):
            line = data[start:end]
            if end - start > self._longest:
                told.malformed[at] = f"longer than the {self._longest} bytes that a pattern of this size is tried on"
                continue
            spans = spans_of(line)
            if spans is None:
                told.malformed[at] = NOT_MATCHED
                continue
            a, b = spans[pattern.writer] if pattern.writer else (0, 0)
            c, d = spans[pattern.seq] if pattern.seq else (-1, -1)
            digits = line[c:d].lstrip(BLANKS) if c >= 0 else b""
            if c >= 0 and (fault := _fault(digits)) is not None:
                told.malformed[at] = fault
            elif b - a > MAX_NAME_BYTES:
                told.malformed[at] = f"writer's name longer than {MAX_NAME_BYTES} bytes"
            elif pattern.crc and (fault := self._checked(line, *spans[pattern.crc])) is not None:
                told.malformed[at] = fault
            else:
                hit.append(at)
                writers.append(number(line[a:b] if a >= 0 else b""))
                seqs.append(int(digits) if c >= 0 else NO_SEQ)
        return np.array(hit, np.int64), np.array(writers, np.int64), np.array(seqs, np.int64)

    def _checked(self, line: bytes, start: int, end: int) -> str | None:
        """What is wrong with a line's checksum; a line of which the pattern takes none is not held to one."""
        if start < 0:
            self._tally.unchecked += 1
            return None
        return self._checksum.fault(line, start, end)


def begin(data: bytes) -> tuple[Told, Flags]:
    """The lines of ``data``, the blank ones counted, those of NULs told; and which of them are left to match."""
    text = np.frombuffer(data + b"\n" * PADDING, np.uint8)
    after = np.flatnonzero(text[: len(data)] == NEWLINE) + 1
    end = after - 1
    if not data.endswith(b"\n"):
        after = np.append(after, len(data))
        end = np.append(end, len(data))
    start = np.empty_like(after)
    start[0], start[1:] = 0, after[:-1]
    end = end - ((end > start) & (text[end - 1] == RETURN))
    none = np.zeros(0, np.int64)
    plain = end > start
    told = Told(start, end, after, none, none, none, blank=start.size - int(plain.sum()))
    blank, nul = (_lines_of(members, text, start, end, plain) for members in (_BLANK, _NUL))
    told.blank += blank.size
    told.malformed = dict.fromkeys(nul.tolist(), "only NUL bytes")
    plain[blank] = plain[nul] = False
    return told, plain


def _lines_of(members: Flags, text: Text, start: Ints, end: Ints, plain: Flags) -> Ints:
    """Which of the ``plain`` lines hold nothing but bytes of ``members``."""
    begun = np.flatnonzero(plain)
    begun = begun[members[text[start[begun]]]]
    return begun[run_end(text, start[begun], end[begun], members) == end[begun]] if begun.size else begun


def _rows(*columns: Ints) -> Iterable[tuple[int, int, int]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _fault(digits: bytes) -> str | None:
    """Why these are no sequence number."""
    if not digits.isdigit():
        return "sequence number is not decimal"
    if len(digits) > 18 and (len(digits) > 4000 or int(digits) > MAX_SEQ):
        return "sequence number beyond 2**63 - 1"
    return None
