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
from harness.analysis.account import accounted
from harness.analysis.cells import SEQ_BITS, SEQ_MASK
from harness.analysis.foreign.expectation import Question
from harness.analysis.foreign.findings import Expected, Report
from harness.analysis.foreign.lines import NOT_MATCHED, Told, begin
from harness.analysis.foreign.pieces import MAX_PIECES, Piece
from harness.analysis.foreign.scan import Scan, analyze_with
from harness.analysis.foreign.seen import Seen
from harness.analysis.foreign.source import Chunks, Source
from harness.analysis.foreign.tally import Tally
from harness.analysis.ledger import Ledger
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
    found, ledger = accounted([path], journals)
    wanted = None if journals is None else _wanted(ledger)
    tally = Tally()
    for name in wanted or ():
        tally.number(name)
    scan = Scan(OwnReader(tally), OwnPieces(), tally, named=True)
    report = analyze_with(source, scan, Question(expected, writer=True, seq=True, journals=wanted))
    ours = found.bytes.intact + found.bytes.fragment
    if report.lines.malformed and not report.lines.matching and not ours:
        report = _noted(report, "no line is in the harness's own format: for any other log give --pattern")
    if found.records.phantom and found.records.phantom >= (report.records.distinct or 0) and wanted is not None:
        report = _noted(report, "none of the records is in the journals: are they those of another trial?")
    return report, found


def _noted(report: Report, note: str) -> Report:
    return replace(report, notes=(*report.notes, note))


def _wanted(ledger: Ledger) -> dict[bytes, Seen]:
    """The records that must have a line, by the names of their writers: all that were attempted, but for those that are
    absent and were never acknowledged, as their writer died."""
    there = ledger.plane("whole") | ledger.plane("complete") | ledger.plane("seen") | ledger.plane("acknowledged")
    bits, pages = there & ledger.plane("attempted"), ledger.pages()
    wanted: dict[bytes, Seen] = {}
    for row in np.argsort(pages).tolist():
        seqs = np.flatnonzero(np.unpackbits(bits[row], bitorder="little")) + int(pages[row] & SEQ_MASK)
        wanted.setdefault(b"%d" % (pages[row] >> SEQ_BITS), Seen()).add(seqs)
    return wanted


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
