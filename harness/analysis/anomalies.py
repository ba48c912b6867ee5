"""Damage for people: the first few of each kind, with place, writers, cause and an excerpt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from harness.analysis import absent, causes, inner
from harness.analysis.blocks import Block, Source, read
from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Ints
from harness.analysis.ledger import keys_of
from harness.analysis.scan import MARGIN_BYTES, scan
from harness.analysis.spans import Wholes
from harness.analysis.tally import Tally
from harness.analysis.times import Collision
from harness.analysis.truncated import CAUSES
from harness.model import Anomaly, AnomalyKind
from harness.trace.record import MAX_RECORD_BYTES

EXCERPT_CHARACTERS = 160
LOOK_BYTES = 4096
"""So much of a damaged stretch is read for the writers in it and the excerpt."""
BEFORE_BYTES = 60
"""An excerpt starts so many bytes before the tear that it shows."""
WHOLE_ELSEWHERE = f"{causes.UNKNOWN}: the record stands whole elsewhere"
HOLE_AT_START = "NULs from the file's start; without O_APPEND its writer goes on at its old offset"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Looks into the files again, at the few places that are shown."""

    sources: Sequence[Source]

    def anomaly(
        self,
        kind: AnomalyKind,
        pos: int,
        end: int,
        key: int | None = None,
        cause: str = "unknown",
        at: int | None = None,
    ) -> Anomaly:
        """An anomaly at ``[pos, end)`` of all files; ``at`` is the place in it that the excerpt has to show, if it is
        in the same file."""
        source = self._source(pos)
        offset, size = pos - source.base, end - pos
        shown_at = pos if at is None else min(at, source.base + source.size)
        first = max(offset, shown_at - source.base - BEFORE_BYTES)
        last = min(max(offset + size, first + 1), first + LOOK_BYTES, source.size)
        writer, seq = (None, None) if key is None else (key >> SEQ_BITS, key & SEQ_MASK)
        text = read(Block(source, first, last))
        others = tuple(other for other in _writers(text) if other != writer)
        shown = bytes(text[MARGIN_BYTES:-MARGIN_BYTES])
        return Anomaly(kind, offset, size, writer, seq, others, cause, excerpt(shown), str(source.path))

    def line(self, kind: AnomalyKind, pos: int, key: int, cause: str) -> Anomaly:
        """An anomaly of the line that starts at ``pos``."""
        source = self._source(pos)
        offset = pos - source.base
        shown = bytes(read(Block(source, offset, min(offset + MAX_RECORD_BYTES, source.size))))
        size = shown.find(b"\n", MARGIN_BYTES) + 1 - MARGIN_BYTES
        return self.anomaly(kind, pos, pos + max(size, 1), key, cause)

    def _source(self, pos: int) -> Source:
        return next(s for s in reversed(self.sources) if s.base <= pos and s.size)


def _writers(text: bytearray) -> list[int]:
    """The writers of whom something stands in a text with margins."""
    found = scan(text, MARGIN_BYTES, len(text) - MARGIN_BYTES, 0, lambda key: np.zeros(key.size, np.int64))
    keys = np.concatenate([found.wholes.key, found.fragments.key])
    writers: list[int] = np.unique(keys >> SEQ_BITS).tolist()
    return writers


def excerpt(text: bytes) -> str:
    r"""Printable ASCII, at most 160 characters: other bytes as ``\xNN`` and ``\n``, runs of NULs by their number."""
    parts: list[str] = []
    room = EXCERPT_CHARACTERS
    at = 0
    while at < len(text):
        if text[at] == 0:
            run = len(text) - at - len(text[at:].lstrip(b"\0"))
            part, at = (f"\\0*{run}" if run > 1 else "\\0"), at + run
        else:
            character, at = text[at], at + 1
            part = chr(character) if 32 <= character < 127 else f"\\x{character:02x}"
            part = "\\n" if character == 10 else part
        if len(part) > room:
            break
        room -= len(part)
        parts.append(part)
    return "".join(parts)


def anomalies(
    tally: Tally,
    sources: Sequence[Source],
    runs: Sequence[absent.Run],
    collisions: Sequence[Collision],
    limit: int,
) -> tuple[Anomaly, ...]:
    """The first ``limit`` anomalies of each kind."""
    view = Viewer(sources)
    found: list[Anomaly] = []
    found += islice(_interleaved(tally, view), limit)
    short = tally.truncated.first()
    for pos, end, key, index in _rows(short.pos, short.end, short.key, short.cause):
        cause = ": ".join(filter(None, CAUSES[index]))
        found.append(view.anomaly(AnomalyKind.TRUNCATED, pos, end, key, cause))
    lost = absent.lost_bits(tally.ledger)
    for key in keys_of(tally.ledger.pages(), lost, limit).tolist():
        cause = absent.lost_cause(tally.ledger, runs, tally.spread, key)
        found.append(_nowhere(AnomalyKind.LOST, key, cause))
    for kind, cause, wholes in (
        (AnomalyKind.DUPLICATED, causes.UNKNOWN, tally.found.extra),
        (AnomalyKind.TORN_COPY, WHOLE_ELSEWHERE, _torn_copies(tally)),
        (AnomalyKind.PHANTOM, causes.UNKNOWN, tally.found.phantom),
    ):
        rows = Wholes.join([*wholes, Wholes.empty()])
        for pos, size, key in list(_rows(rows.pos, rows.size, rows.key))[:limit]:
            found.append(view.anomaly(kind, pos, pos + size, key, cause))
    starts = {source.base for source in sources}
    for pos, size in tally.found.holes:
        cause = f"{causes.TRUNCATED_UNDER_WRITER}: {HOLE_AT_START}" if pos in starts else causes.UNKNOWN
        found.append(view.anomaly(AnomalyKind.HOLE, pos, pos + size, cause=cause))
    foreign = tally.found.all_foreign(tally.told)
    found += [view.anomaly(AnomalyKind.FOREIGN, pos, pos + size) for pos, size in foreign]
    for kind, phrase, misplaced in (
        (AnomalyKind.REORDERED, "stands behind", tally.order.first_reordered),
        (
            AnomalyKind.REAL_TIME_ORDER,
            "was acknowledged before the begin of, and stands behind,",
            tally.order.first_violations if tally.spread.one_sequence() else [],
        ),
    ):
        for one in misplaced[:limit]:
            behind = f"record {one.behind & SEQ_MASK} of writer {one.behind >> SEQ_BITS}"
            found.append(view.line(kind, one.pos, one.key, f"unknown: it {phrase} {behind}"))
    found += [_collision(collision) for collision in collisions[:limit]]
    return tuple(found)


def _torn_copies(tally: Tally) -> list[Wholes]:
    """Pieces of records that stand whole elsewhere, by position."""
    pieces = [*tally.found.torn_copies]
    for complete in tally.found.complete:
        whole = tally.ledger.test("whole", tally.ledger.locate(complete.key))
        pieces.append(complete.take(whole).spans())
    found = Wholes.join([*pieces, Wholes.empty()])
    return [found.take(inner.order(found.pos))]


def _rows(*columns: Ints) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _interleaved(tally: Tally, view: Viewer) -> Iterator[Anomaly]:
    for complete in tally.found.complete:
        whole = tally.ledger.test("whole", tally.ledger.locate(complete.key))
        first = complete.take(~whole)
        first = first.take(inner.order(first.pos))
        for pos, end, key, tear in _rows(first.pos, first.end, first.key, first.tear):
            yield view.anomaly(AnomalyKind.INTERLEAVED, pos, end, key, _tear_cause(tally, key), tear)


def _tear_cause(tally: Tally, key: int) -> str:
    """The cause of an interleaved record, from the class that its tears were put in."""
    for classes in tally.found.classes:
        row = int(np.searchsorted(classes.key, key))
        if row < classes.key.size and classes.key[row] == key:
            return tally.evidence.cause(int(classes.code[row]), int(classes.offset[row]))[1]
    return "unknown"


def _nowhere(kind: AnomalyKind, key: int, cause: str = "unknown") -> Anomaly:
    return Anomaly(kind, None, None, key >> SEQ_BITS, key & SEQ_MASK, cause=cause)


def _collision(found: Collision) -> Anomaly:
    cause = f"two lock holders: writer {found.other_writer} was in its critical section of record"
    cause += f" {found.other_seq} for {found.shared_us:.1f} us of it"
    kind = AnomalyKind.MUTUAL_EXCLUSION
    return Anomaly(kind, None, None, found.writer, found.seq, (found.other_writer,), cause)
