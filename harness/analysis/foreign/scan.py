"""The pass over a foreign log: blocks to lines to records, and what is wrong with each, in bounded memory."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from harness.analysis.foreign.blocks import MAX_LINE_BYTES, Block, NulRuns, Splitter
from harness.analysis.foreign.damage import Damage
from harness.analysis.foreign.expectation import Question
from harness.analysis.foreign.findings import (
    EXCERPT_BYTES,
    MAX_FINDINGS,
    Bytes,
    Expected,
    Finding,
    FindingKind,
    Report,
    name_of,
    printable,
)
from harness.analysis.foreign.lines import LineReader, Told
from harness.analysis.foreign.pace import Pace
from harness.analysis.foreign.pattern import Pattern
from harness.analysis.foreign.pieces import Piece, Pieces
from harness.analysis.foreign.settle import settle
from harness.analysis.foreign.source import Input, Source
from harness.analysis.foreign.tally import Tally
from harness.errors import UsageError

HELD_BYTES = 64 << 20
"""Blocks are counted together while that many lines belong to each writer; no more than this is held."""
LINES_PER_WRITER = 64
LOOKS = 20_000
"""Matching lines that are searched for a second record where no label tells in which of them to look."""
NOTHING_EXPECTED = Expected()


class Reader(Protocol):
    """Tells the lines of a block."""

    def read(self, data: bytes) -> Told: ...


class Finder(Protocol):
    """Names the records of which pieces stand in a line; ``label`` is what stands before each name, or empty."""

    label: bytes
    before: bytes
    cut: int
    may_hide: bool

    def find(self, line: bytes) -> list[Piece]: ...


def analyze(source: Input, pattern: Pattern, expected: Expected = NOTHING_EXPECTED) -> Report:
    """Account for every line of ``source``, as ``pattern`` reads it. Raises UsageError when that takes too long."""
    tally, pace = Tally(), Pace()
    scan = Scan(LineReader(pattern, tally, pace), Pieces(pattern, pace), tally, bool(pattern.writer))
    return analyze_with(source, scan, Question(expected, bool(pattern.writer), bool(pattern.seq)))


def analyze_file(name: str, pattern: str, expected: Expected = NOTHING_EXPECTED) -> Report:
    """The same for a file, or ``-`` for standard input, gzipped or not. Raises UsageError for what cannot be used."""
    read_as = Pattern(pattern)
    if expected.writers not in (None, 1) and expected.records is not None and read_as.seq and not read_as.writer:
        raise UsageError(
            f"--writers {expected.writers}: the pattern has no group writer to tell them by",
            "Add (?P<writer>...), or give --writers 1 with all records if they share one numbering",
        )
    with Source(name) as source:
        try:
            return analyze(source, read_as, expected)
        except MemoryError:
            raise UsageError(f"{name}: memory ran out", "Allow the process more of it (ulimit -v)") from None


def analyze_with(source: Input, scan: "Scan", question: Question) -> Report:
    """The same with a reader at hand."""
    nuls, splitter = NulRuns(), Splitter()
    for block in splitter.blocks(nuls.watch(source)):
        scan.feed(block)
    scan.flush()
    if source.broken:
        scan.damage.add(Finding(FindingKind.UNREADABLE, source.broken, offset=splitter.total))
    for offset, length in nuls.runs[:MAX_FINDINGS]:
        scan.damage.add(Finding(FindingKind.HOLE, "a run of NUL bytes, which no writer of text leaves", offset, length))
    notes = [source.note, *scan.notes()] if source.note else scan.notes()
    size = Bytes(splitter.total, nuls.nul, nuls.count)
    return settle(scan.damage, scan.tally, replace(question, label=scan.pieces.before), size, notes)


class Scan:
    """One pass: ``damage`` and ``tally`` grow block by block."""

    def __init__(self, reader: Reader, pieces: Finder, tally: Tally, named: bool) -> None:
        self.tally = tally
        self.damage = Damage()
        self._reader = reader
        self.pieces = pieces
        self._named = named
        self._looks = LOOKS if pieces.may_hide else 0
        self._pending: list[tuple[Block, Told]] = []
        self._pending_lines = self._pending_bytes = 0

    def notes(self) -> list[str]:
        """What the pass could not look at."""
        notes = []
        if self.pieces.cut:
            notes.append(f"{self.pieces.cut} lines may hold pieces of more records than were looked for in one line")
        if self.pieces.may_hide and not self._looks:
            notes.append(
                f"the pattern may let a second record pass in a line: the first {LOOKS:,} matching lines were looked at"
            )
        return notes

    def feed(self, block: Block) -> None:
        """Tell the block's lines; their records are counted when enough have come together."""
        if not block.terminated:
            start = block.data.rfind(b"\n") + 1
            length = block.oversize or len(block.data) - start
            cause = "the last line does not end in a newline: it may be cut short"
            self._found(FindingKind.UNTERMINATED, cause, block.offset + start, length, block.data[start:])
        if block.oversize:
            self.damage.lines += Counter(total=1, malformed=1)
            cause = f"longer than {MAX_LINE_BYTES >> 20} MiB"
            names = self.pieces.find(block.data + b"\0" + block.tail)  # the NUL stands for what is not kept
            self.damage.torn_at(names, block.offset)
            self._found(FindingKind.MALFORMED, cause, block.offset, block.oversize, block.data, names=names)
            return
        told = self._reader.read(block.data)
        self.damage.lines += Counter(
            total=told.start.size, matching=told.line.size, malformed=len(told.malformed), blank=told.blank
        )
        # each matching line has the label once: where there are no more, no other line has it
        labels = block.data.count(self.pieces.label) if self.pieces.label else 0
        tells = not self.pieces.label or labels > told.line.size
        if tells or self.damage.room(FindingKind.MALFORMED):
            for at in sorted(told.malformed):
                self._malformed(block, told, at)
        if labels > told.line.size or not self.pieces.label:
            self._hidden(block, told)
        self._pending.append((block, told))
        self._pending_lines += told.line.size
        self._pending_bytes += len(block.data)
        if self._pending_lines >= LINES_PER_WRITER * len(self.tally.states) or self._pending_bytes >= HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Count the records of the lines told so far."""
        pending, self._pending = self._pending, []
        self._pending_lines = self._pending_bytes = 0
        if not pending:
            return
        rows = [block.offset + told.start[told.line] for block, told in pending]
        offset = np.concatenate(rows)
        writer = np.concatenate([told.writer for _, told in pending])
        seq = np.concatenate([told.seq for _, told in pending])
        odd = self.tally.add(writer, seq)
        for kind, cause, found in (
            (FindingKind.DUPLICATED, "a copy of a record that stands further up", odd.duplicated),
            (FindingKind.REORDERED, "below the highest record already seen from its writer", odd.reordered),
        ):
            for row in found[: self.damage.room(kind)].tolist():
                name = self.tally.states[int(writer[row])].name
                self._record(kind, cause, pending, int(offset[row]), name, int(seq[row]))

    def _record(
        self, kind: FindingKind, cause: str, pending: list[tuple[Block, Told]], offset: int, name: bytes, seq: int
    ) -> None:
        block, told = pending[bisect_right(pending, offset, key=lambda one: one[0].offset) - 1]
        at = int(np.searchsorted(told.start, offset - block.offset))
        text = block.data[int(told.start[at]) : int(told.next[at])]
        self._found(kind, cause, offset, len(text), text, name_of(name) if self._named else None, seq)

    def _malformed(self, block: Block, told: Told, at: int) -> None:
        start, end = int(told.start[at]), int(told.next[at])
        names = self.pieces.find(block.data[start : int(told.end[at])]) if self.damage.asks else []
        self.damage.torn_at(names, block.offset + start)
        if not self.damage.room(FindingKind.MALFORMED):
            return
        text = block.data[start:end]
        self._found(FindingKind.MALFORMED, told.malformed[at], block.offset + start, len(text), text, names=names)

    def _hidden(self, block: Block, told: Told) -> None:
        """Remember the second records in matching lines, which a pattern such as ``.*`` lets pass."""
        label = self.pieces.label
        lines = told.line if label else told.line[: self._looks]
        self._looks -= 0 if label else lines.size
        for at in lines.tolist():
            start, end = int(told.start[at]), int(told.end[at])
            if not label or block.data.count(label, start, end) > 1:
                names = self.pieces.find(block.data[start:end])[1:]
                if names:
                    self.damage.hidden_at(names, block.offset + start)

    def _found(
        self,
        kind: FindingKind,
        cause: str,
        offset: int,
        length: int,
        text: bytes,
        writer: str | None = None,
        seq: int | None = None,
        names: Sequence[Piece] = (),
    ) -> None:
        if self.damage.room(kind):
            excerpt = printable(text[: EXCERPT_BYTES + 1])
            self.damage.add(Finding(kind, cause, offset, length, writer, seq, excerpt=excerpt), names)
