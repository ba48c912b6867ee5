"""The timeline: what the writers did around the first anomalies, operation by operation.

Around each, the operations nearest in time to the attempt and to the end of the damaged record's own: that is
where another writer came in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.analysis.cells import Ints
from harness.analysis.journals import Journals
from harness.analysis.view.records import Records
from harness.analysis.view.times import Span

MOST_FOCUSES = 4
OPERATIONS = 100
"""shown around each anomaly"""
LANES = 16
"""writers shown around each anomaly"""
NEAR = 24
"""operations of each writer that are looked at before and behind an instant"""


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations of several writers; times in ns, 0 for what did not happen. All int64."""

    writer: Ints
    seq: Ints
    begin: Ints
    enter: Ints
    leave: Ints
    acknowledged: Ints

    def take(self, rows: Ints) -> "Operations":
        """These rows."""
        return Operations(*(getattr(self, name)[rows] for name in self.__slots__))

    @property
    def end(self) -> Ints:
        """When it was over, as far as is known."""
        latest = np.maximum(np.maximum(self.enter, self.leave), self.acknowledged)
        return np.maximum(self.begin, latest)


def timeline(
    journals: Journals,
    records: Records,
    extent: Span,
    anomalies: Sequence[Mapping[str, Any]],
    left_out: list[str],
) -> list[dict[str, Any]]:
    """One focus for each of the first anomalies; without any, the moment when all writers had begun."""
    found = []
    for anomaly in _first(anomalies):
        focus = _focus(journals, anomaly)
        if focus is not None:
            found.append(_document(focus, anomaly, records, extent))
    if not found and extent.end_ns:
        found.append(_document(_all_started(journals), None, records, extent))
    dropped = sum(1 for one in anomalies if one["writer"] is not None) - len(found)
    if dropped > 0:
        left_out.append(f"the timeline shows {len(found)} of {len(found) + dropped} anomalies")
    return found


def _first(anomalies: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first of each kind, then others, as many as are shown; those of no record have no time."""
    own = [one for one in anomalies if one["writer"] is not None]
    kinds = {one["kind"]: one for one in reversed(own)}
    order = sorted(own, key=lambda one: kinds[one["kind"]] is not one)
    return order[:MOST_FOCUSES]


def _focus(journals: Journals, anomaly: Mapping[str, Any]) -> Operations | None:
    """The operations around an anomaly's record; None where no journal knows it."""
    writer, seq = anomaly["writer"], anomaly["seq"]
    if writer not in journals.writers or seq is None or seq >= journals[writer].rows:
        return None
    own = _rows(journals, writer, np.array([seq]))
    begin, end = int(own.begin[0]), int(own.end[0])
    if not begin:
        return None
    near = _nearest(journals, (begin, end))
    distance = np.minimum(_distance(near, begin), _distance(near, end))
    mine = (near.writer == writer) & (near.seq == seq)
    distance[mine] = -1
    lanes = _lanes(near, distance, (writer, *anomaly["others"]))
    rows = np.flatnonzero(np.isin(near.writer, lanes))
    return near.take(rows[np.argsort(distance[rows], kind="stable")[:OPERATIONS]])


def _all_started(journals: Journals) -> Operations:
    """The operations around the instant at which the last writer began."""
    instant = max(_table(journals, writer)[1][0] for writer in _busy(journals))
    near = _nearest(journals, (instant,))
    distance = _distance(near, instant)
    rows = np.flatnonzero(np.isin(near.writer, _lanes(near, distance, ())))
    return near.take(rows[np.argsort(distance[rows], kind="stable")[:OPERATIONS]])


def _busy(journals: Journals) -> list[int]:
    return [writer for writer in journals.writers if _table(journals, writer)[0].size]


def _table(journals: Journals, writer: int) -> tuple[Ints, Ints]:
    """Sequence numbers of a writer's operations and their begins, by the latter."""
    journal = journals[writer]
    begin = journal.columns["begin"][: journal.rows]
    seq = np.flatnonzero(begin > 0)
    begin = begin[seq]
    if (np.diff(begin) < 0).any():
        order = np.argsort(begin, kind="stable")
        return seq[order], begin[order]
    return seq, begin


def _nearest(journals: Journals, instants: Iterable[int]) -> Operations:
    """Of each writer the operations that begin nearest to these instants, each once."""
    found = []
    for writer in journals.writers:
        seq, begin = _table(journals, writer)
        places = [np.arange(at - NEAR, at + NEAR) for at in np.searchsorted(begin, list(instants)).tolist()]
        rows = np.unique(np.concatenate(places))
        found.append(_rows(journals, writer, seq[rows[(rows >= 0) & (rows < seq.size)]]))
        journals.release(writer)
    return Operations(*(np.concatenate([getattr(one, name) for one in found]) for name in Operations.__slots__))


def _rows(journals: Journals, writer: int, seq: Ints) -> Operations:
    columns = journals[writer].columns
    names = ("begin", "enter", "leave", "acknowledged")
    return Operations(np.full(seq.size, writer, np.int64), seq, *(columns[name][seq] for name in names))


def _distance(found: Operations, instant: int) -> Ints:
    """Nanoseconds between an operation and an instant; 0 where it was under way."""
    return np.maximum(np.maximum(found.begin - instant, instant - found.end), 0)


def _lanes(found: Operations, distance: Ints, wanted: Sequence[int]) -> list[int]:
    """The writers to show: those wanted, then the nearest ones."""
    order = found.writer[np.argsort(distance, kind="stable")].tolist()
    return list(dict.fromkeys([*wanted, *order]))[:LANES]


def _document(found: Operations, anomaly: Mapping[str, Any] | None, records: Records, extent: Span) -> dict[str, Any]:
    order = np.lexsort((found.seq, found.writer))
    found = found.take(order)
    times = [getattr(found, name) for name in ("begin", "enter", "leave", "acknowledged")]
    relative = [np.where(time > 0, (time - extent.start_ns) / 1e3, -1).round(3).tolist() for time in times]
    rows = zip(found.writer.tolist(), found.seq.tolist(), *relative, strict=True)
    about = None
    if anomaly is not None:
        about = {name: anomaly[name] for name in ("kind", "writer", "seq", "cause")}
        about["others"] = list(anomaly["others"])
    return {
        "about": about,
        "operations": [[*row, records.state(row[0], row[1])] for row in rows],
        "hidden": _hidden(found, extent),
    }


def _hidden(found: Operations, extent: Span) -> list[list[float]]:
    """Between two operations that are shown of one writer: the writer, from when to when (us), and how many are not."""
    seq, writer = found.seq, found.writer
    gap = np.flatnonzero((writer[1:] == writer[:-1]) & (seq[1:] > seq[:-1] + 1))
    after = (found.end[gap] - extent.start_ns) / 1e3
    before = (found.begin[gap + 1] - extent.start_ns) / 1e3
    columns = (
        writer[gap].tolist(),
        after.round(3).tolist(),
        before.round(3).tolist(),
        (np.diff(seq)[gap] - 1).tolist(),
    )
    return [list(row) for row in zip(*columns, strict=True)]
