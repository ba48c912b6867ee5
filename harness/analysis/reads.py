"""What observers saw: each read has one outcome, and stands in time to what was published.

The observers' logs say what each read got and when; the publishers' journals when each version was begun and
acknowledged. Only together do they tell whether a read without a file came too early or found a gap, whether a
version was still the latest, and whether reads and publications met at all. What is asked of a document is what
Lamport calls a regular register ("On interprocess communication", 1986), and reads that never go back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis import causes
from harness.analysis.anomalies import excerpt
from harness.analysis.cells import SEQ_MASK, Flags, Ints
from harness.analysis.journals import Journals
from harness.analysis.publications import Publications
from harness.model import Anomaly, AnomalyKind, ReadCounts
from harness.trace.document import INITIAL_VERSION, Run, Saw, version_of
from harness.trace.reads import COLUMNS, EXAMPLES, Example, StoredReads, load
from harness.trace.record import MAX_RECORDS

FIRST_NS = 1
"""when the initial version was begun and acknowledged: before anything else"""
MISSING = max(Saw) + 1
"""no file of that name, although one had been published"""
TORN = {
    int(Saw.EMPTY): causes.READ_EMPTY,
    int(Saw.PARTIAL): causes.READ_HALF,
    int(Saw.MIXED): causes.READ_MIXED,
    int(Saw.FOREIGN): causes.READ_STRANGE,
    MISSING: causes.READ_MISSING,
}
"""the cause of each kind of torn read, when a publication was under way"""


@dataclass(frozen=True, slots=True)
class Observed:
    """The reads of all observers, and the first damage of each kind."""

    counts: ReadCounts
    anomalies: tuple[Anomaly, ...]


@dataclass(frozen=True, slots=True)
class Reads:
    """One observer's reads by columns: int64, times in ns; ``version`` is a key, -1 without one."""

    observer: int
    begin: Ints
    end: Ints
    saw: Ints
    version: Ints
    size: Ints
    stale: Flags
    backward: Flags
    overlapped: Flags
    examples: dict[int, Example]


def observed(directory: Path | None, journals: Journals) -> tuple[Observed | None, list[str]]:
    """The reads that the logs of a directory tell of, None without any; notes on logs that cannot be read."""
    logs, notes = _open(directory)
    if not logs:
        return None, notes
    published = Publications.of(journals)
    reads = [_judged(log, journals, published) for log in logs]
    return Observed(_counts(reads), tuple(_anomalies(reads, published))), notes


def _open(directory: Path | None) -> tuple[list[StoredReads], list[str]]:
    logs, notes = [], []
    for path in sorted(directory.glob("observer-*.reads")) if directory else ():
        try:
            logs.append(load(path))
        except (OSError, ValueError) as problem:
            notes.append(f"a log of reads was left out: {problem}")
    return logs, notes


def _judged(log: StoredReads, journals: Journals, published: Publications) -> Reads:
    """The reads, and what the publishers' times say of them; a whole version that nobody had begun is foreign."""
    begin, end, saw, version, size = (np.frombuffer(log.columns[name], "<i8") for name in COLUMNS)
    known = np.maximum(version, 0)
    begun, acknowledged = (
        np.where(version == INITIAL_VERSION, FIRST_NS, journals.column(name, known))
        for name in ("begin", "acknowledged")
    )
    saw = np.where((saw == Saw.WHOLE) & ((begun == 0) | (begun > end)), Saw.FOREIGN, saw)
    saw = np.where((saw == Saw.ABSENT) & (begin > published.first_end), MISSING, saw)
    whole = saw == Saw.WHOLE
    newest = np.maximum.accumulate(np.where(whole, begun, 0))
    before = np.concatenate([newest[:0], np.zeros(min(1, newest.size), np.int64), newest[:-1]])
    sealed = whole & (acknowledged > 0)
    backward = sealed & (acknowledged < before)
    stale = backward | (sealed & (published.replaced(acknowledged) < begin))
    examples = {one.read: one for one in log.examples}
    overlapped = published.overlap(begin, end)
    return Reads(log.observer, begin, end, saw, version, size, stale, backward, overlapped, examples)


def _counts(reads: Sequence[Reads]) -> ReadCounts:
    saw = np.bincount(np.concatenate([one.saw for one in reads]), minlength=MISSING + 1).tolist()
    versions = np.unique(np.concatenate([one.version[one.saw == Saw.WHOLE] for one in reads]))
    return ReadCounts(
        total=sum(saw),
        whole=saw[Saw.WHOLE],
        empty=saw[Saw.EMPTY],
        partial=saw[Saw.PARTIAL],
        mixed=saw[Saw.MIXED],
        foreign=saw[Saw.FOREIGN],
        missing=saw[MISSING],
        absent=saw[Saw.ABSENT],
        rejected=saw[Saw.REJECTED],
        stale=sum(int(one.stale.sum()) for one in reads),
        backward=sum(int(one.backward.sum()) for one in reads),
        overlapped=sum(int(one.overlapped.sum()) for one in reads),
        versions=versions.size,
    )


def _anomalies(reads: Sequence[Reads], published: Publications) -> Iterator[Anomaly]:
    """The first of each kind of torn read, and of stale ones."""
    for saw, cause in TORN.items():
        for one, row in _first(reads, [one.saw == saw for one in reads]):
            yield _torn(one, row, cause, published)
    for one, row in _first(reads, [one.stale for one in reads]):
        yield _stale(one, row, published)


def _first(reads: Sequence[Reads], flags: Sequence[Flags]) -> list[tuple[Reads, int]]:
    """The first flagged reads by time, over all observers."""
    rows = [
        (int(one.begin[row]), number, int(row))
        for number, (one, flag) in enumerate(zip(reads, flags, strict=True))
        for row in np.flatnonzero(flag)[:EXAMPLES]
    ]
    return [(reads[number], row) for _, number, row in sorted(rows)[:EXAMPLES]]


def _torn(one: Reads, row: int, cause: str, published: Publications) -> Anomaly:
    example = one.examples.get(row)
    during = published.under_way(int(one.begin[row]), int(one.end[row]))
    key = int(one.version[row]) if one.version[row] >= 0 else during
    got = f"{one.size[row]} bytes" if one.saw[row] != MISSING else "no file"
    made_of = f" ({_made_of(example.runs)})" if example and example.runs else ""
    when = "nothing was being published" if during is None else f"record {during & SEQ_MASK} was being published"
    if one.saw[row] == Saw.PARTIAL and key != during:
        cause = causes.READ_CUT
    told = f"{causes.UNKNOWN if during is None else cause}: observer {one.observer} got {got}{made_of} while {when}"
    return _anomaly(AnomalyKind.TORN_READ, key, told, excerpt(example.excerpt) if example else "")


def _made_of(runs: Sequence[Run]) -> str:
    """The versions that a read consists of: ``0-8191 of record 7, 8192-65535 of record 6``."""
    return ", ".join(f"{run.start}-{run.end - 1} of {_named(version_of(run.writer, run.seq))}" for run in runs[:3])


def _named(version: int) -> str:
    return "the initial version" if version == INITIAL_VERSION else f"record {version & SEQ_MASK}"


def _stale(one: Reads, row: int, published: Publications) -> Anomaly:
    key = int(one.version[row])
    last = int(np.searchsorted(published.ends, one.begin[row], "right"))
    newest = published.key[np.argsort(published.acknowledged)][last - 1] & SEQ_MASK
    old = causes.READ_BACK if one.backward[row] else causes.READ_OLD
    told = f"{old}: observer {one.observer} got {_named(key)}, and record {newest} was acknowledged before"
    return _anomaly(AnomalyKind.STALE_READ, key, told, "")


def _anomaly(kind: AnomalyKind, key: int | None, cause: str, shown: str) -> Anomaly:
    writer, seq = (None, None) if key in (None, INITIAL_VERSION) else divmod(key, MAX_RECORDS)
    return Anomaly(kind, None, None, writer, seq, (), cause, shown)
