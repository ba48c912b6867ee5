"""Damage for people: the first few of each kind, with place, writers, cause and an excerpt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis import absent
from harness.analysis.blocks import Block, Source, read
from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Ints
from harness.analysis.scan import MARGIN_BYTES, scan
from harness.analysis.spans import Stretches, Wholes
from harness.analysis.tally import Tally
from harness.analysis.times import Collision
from harness.model import Anomaly, AnomalyKind

EXCERPT_CHARACTERS = 160
LOOK_BYTES = 4096
"""So much of a damaged stretch is read for the writers in it and the excerpt."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Looks into the files again, at the few places that are shown."""

    sources: Sequence[Source]

    def anomaly(
        self, kind: AnomalyKind, pos: int, end: int, key: int | None = None, cause: str = "unknown"
    ) -> Anomaly:
        """An anomaly at ``[pos, end)`` of all files."""
        source = self._source(pos)
        offset = pos - source.base
        size = end - pos
        block = Block(source, offset, min(offset + min(size, LOOK_BYTES), source.size))
        writer, seq = (None, None) if key is None else (key >> SEQ_BITS, key & SEQ_MASK)
        text = read(block)
        others = tuple(other for other in _writers(text) if other != writer)
        shown = bytes(text[MARGIN_BYTES:-MARGIN_BYTES])
        return Anomaly(
            kind, offset, size, writer, seq, others, cause, excerpt(shown), str(source.path)
        )

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
    truncated: absent.Truncated,
    runs: Sequence[absent.Run],
    collisions: Sequence[Collision],
    limit: int,
) -> tuple[Anomaly, ...]:
    """The first ``limit`` anomalies of each kind."""
    view = Viewer(sources)
    found: list[Anomaly] = []
    found += list(_interleaved(tally, view))[:limit]
    for row in range(min(truncated.key.size, limit)):
        short, evidence = absent.TRUNCATED_CAUSES[truncated.cause[row]]
        cause = f"{short}: {evidence}" if evidence else short
        pos, end, key = int(truncated.pos[row]), int(truncated.end[row]), int(truncated.key[row])
        found.append(view.anomaly(AnomalyKind.TRUNCATED, pos, end, key, cause))
    for key in tally.absent(True, limit).tolist():
        cause = absent.lost_cause(tally.ledger, runs, key)
        found.append(_nowhere(AnomalyKind.LOST, key, cause))
    for kind, wholes in (
        (AnomalyKind.DUPLICATED, tally.found.extra),
        (AnomalyKind.PHANTOM, tally.found.phantom),
    ):
        rows = Wholes.join([*wholes, Wholes.empty()])
        for pos, size, key in list(_rows(rows.pos, rows.size, rows.key))[:limit]:
            found.append(view.anomaly(kind, pos, pos + size, key))
    for kind, stretches in (
        (AnomalyKind.HOLE, tally.found.holes),
        (AnomalyKind.FOREIGN, tally.found.foreign),
    ):
        gaps = Stretches.join([*stretches, Stretches.empty()])
        for pos, size in list(_rows(gaps.pos, gaps.size))[:limit]:
            found.append(view.anomaly(kind, pos, pos + size))
    found += [_nowhere(AnomalyKind.REORDERED, key) for key in tally.order.reordered_keys[:limit]]
    found += [_nowhere(AnomalyKind.REAL_TIME_ORDER, key) for key in tally.order.violation_keys[:limit]]
    found += [_collision(collision) for collision in collisions[:limit]]
    return tuple(found)


def _rows(*columns: Ints) -> Iterator[tuple[int, ...]]:
    return zip(*(column.tolist() for column in columns), strict=True)


def _interleaved(tally: Tally, view: Viewer) -> Iterator[Anomaly]:
    causes = {}
    for classes in tally.found.classes:
        for key, code, value in _rows(classes.key, classes.code, classes.value):
            causes[key] = tally.evidence.cause(code, value)[1]
    for complete in tally.found.complete:
        order = np.argsort(complete.pos, kind="stable")
        for pos, end, key in _rows(complete.pos[order], complete.end[order], complete.key[order]):
            yield view.anomaly(AnomalyKind.INTERLEAVED, pos, end, key, causes.get(key, "unknown"))


def _nowhere(kind: AnomalyKind, key: int, cause: str = "unknown") -> Anomaly:
    return Anomaly(kind, None, None, key >> SEQ_BITS, key & SEQ_MASK, cause=cause)


def _collision(found: Collision) -> Anomaly:
    cause = f"two lock holders: writer {found.other_writer} was in its critical section of record"
    cause += f" {found.other_seq} for {found.shared_us:.1f} us of it"
    kind = AnomalyKind.MUTUAL_EXCLUSION
    return Anomaly(kind, None, None, found.writer, found.seq, (found.other_writer,), cause)
