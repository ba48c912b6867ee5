"""A file in the harness's own format, wherever it comes from: its account, and the same counts as for any other log.

The account (``harness.analysis.account``) owns every byte; the pass over lines beside it gives what users of a
foreign log get too, so that both print alike. Standard input and gzip are spooled to a temporary file first.
"""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.analysis import inner
from harness.analysis.account import account
from harness.analysis.cells import SEQ_BITS, SEQ_MASK
from harness.analysis.foreign.findings import Expected, FindingKind, Report
from harness.analysis.foreign.lines import NOT_MATCHED, Told, begin
from harness.analysis.foreign.pieces import MAX_PIECES, Piece
from harness.analysis.foreign.scan import Scan, analyze_with
from harness.analysis.foreign.settle import Question
from harness.analysis.foreign.source import Chunks, Source
from harness.analysis.foreign.tally import Tally
from harness.errors import UsageError
from harness.model import Account
from harness.trace.record import CELL_BYTES, decode

PADDING = 64
_CELL = re.compile(rb"[>+][0-9a-v]{11}[@-_]{4}")


def analyze(name: str, journals: Path | None, expected: Expected) -> tuple[Report, Account]:
    """The report on the lines of a file, ``-`` for standard input, and its account.

    Raises UsageError when the file or the directory of journals cannot be read.
    """
    if journals is not None and not journals.is_dir():
        raise UsageError(f"{journals}: no such directory", "Name the directory of a run's journals")
    if journals is not None and not any(journals.glob("writer-*.journal")):
        raise UsageError(f"{journals}: no journals in it", "Name the directory of a trial's journals")
    if journals is not None and expected != Expected():
        raise UsageError(
            "--writers and --records: journals tell what was expected", "Leave them out, or leave out --journals"
        )
    with Source(name) as source:
        if source.is_plain_file:
            return _analyze_file(Path(name), source, journals, expected)
        with tempfile.NamedTemporaryFile(prefix="harness-", suffix=".log") as spool:
            for chunk in source:
                spool.write(chunk)
            spool.flush()
            with Path(spool.name).open("rb") as again:
                chunks = Chunks(iter(lambda: again.read(1 << 20), b""), source.broken)
                return _analyze_file(Path(spool.name), chunks, journals, expected)


def _analyze_file(
    path: Path, source: Source | Chunks, journals: Path | None, expected: Expected
) -> tuple[Report, Account]:
    tally = Tally()
    scan = Scan(OwnReader(tally), OwnPieces(), tally, named=True)
    report = analyze_with(source, scan, Question(expected, writer=True, seq=True))
    found = account([path], journals)
    if journals is not None:
        report = _by_journals(report, found)
    ours = found.bytes.intact + found.bytes.fragment
    if report.lines.malformed and not report.lines.matching and not ours:
        hint = "no line is in the harness's own format: for any other log give --pattern"
        report = replace(report, notes=(*report.notes, hint))
    return report, found


def _by_journals(report: Report, found: Account) -> Report:
    """Missing is what was attempted and has no line of its own, which journals know better than gaps do.

    What is indeterminate may be absent, and a phantom has a line that nobody attempted. The account tells which ones
    are missing; writers' gaps would tell others, and are left out.
    """
    counts = found.records
    attempted = counts.attempted - counts.indeterminate + counts.phantom
    distinct = report.records.distinct or 0
    records = replace(report.records, missing=max(0, attempted - distinct), missing_in_pieces=0)
    writers = tuple(replace(one, missing=None, gaps=(), gap_count=0) for one in report.writers)
    notes = report.notes
    if counts.phantom and counts.phantom >= distinct:
        notes += ("none of the records is in the journals: are they those of another trial?",)
    findings = tuple(one for one in report.findings if one.kind != FindingKind.MISSING)
    return replace(report, records=records, writers=writers, findings=findings, notes=notes)


class OwnReader:
    """Tells lines that are whole records of the harness's own format."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._numbers: dict[int, int] = {}

    def read(self, data: bytes) -> Told:
        """Tell the lines of ``data``, which ends a line."""
        told, plain = begin(data)
        padded = np.frombuffer(data + bytes(PADDING), np.uint8)
        position, _, key = inner.whole_lines(padded, 0, len(data))
        told.line = np.searchsorted(told.start, position)
        told.seq = key & SEQ_MASK
        writers, inverse = np.unique(key >> SEQ_BITS, return_inverse=True)
        numbers = [self._tally.number(b"%d" % writer) for writer in writers.tolist()]
        told.writer = np.array(numbers, np.int64)[inverse]
        plain[told.line] = False
        told.malformed |= dict.fromkeys(np.flatnonzero(plain).tolist(), NOT_MATCHED)
        return told


class OwnPieces:
    """Names the records of which whole cells stand in a malformed line."""

    label = before = b""
    may_hide = False

    def __init__(self) -> None:
        self.cut = 0

    def find(self, line: bytes) -> list[Piece]:
        """Writer and sequence number of each, in order, each once; MAX_PIECES at most."""
        found: dict[Piece, None] = {}
        for one in _cells(line):
            if len(found) == MAX_PIECES and one not in found:
                self.cut += 1
                break
            found[one] = None
        return list(found)


def _cells(line: bytes) -> Iterator[Piece]:
    at = 0
    while match := _CELL.search(line, at):
        cell = decode(match[0])
        at = match.start() + (CELL_BYTES if cell else 1)
        if cell:
            yield Piece(b"%d" % cell.writer, cell.seq)
