"""The account of a trial: every record its outcome, every byte its owner, and what the times tell.

Files are scanned block by block (``blocks``), tallied in file order (``tally``, ``order``), and the journals
are read for what only they know (``contention``, ``exclusion``). Memory is bounded by the blocks in flight,
by a bit per record and question, and by what is kept of records that are torn.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from harness.analysis import absent, reads, superseding
from harness.analysis import times as journal_times
from harness.analysis.anomalies import anomalies
from harness.analysis.blocks import BLOCK_BYTES, sources
from harness.analysis.journals import open_journals
from harness.analysis.ledger import Ledger
from harness.analysis.tally import Tally
from harness.analysis.workers import scan_all
from harness.model import Account, HistoryCounts


def account(
    files: Sequence[Path],
    journals: Path | None = None,
    *,
    processes: int | None = None,
    limit: int = 20,
    block_bytes: int = BLOCK_BYTES,
    supersedes: bool = False,
) -> Account:
    """Account for every byte of ``files`` and every record that ``journals`` tell of.

    ``files`` are in reading order: rotated logs oldest first, or one of each writer. ``journals`` is a
    directory; without it a writer's records are those between the lowest and highest number seen of it.
    ``processes`` scan big inputs (default: as many as there are processors). At most ``limit`` anomalies of
    each kind are described. ``block_bytes`` changes speed and memory,
    and at joints of blocks which short pieces find their record. ``supersedes``: each record
    replaces the former. A file or journal that cannot be read counts as empty, with a note.
    """
    found, _ = accounted(
        files, journals, processes=processes, limit=limit, block_bytes=block_bytes, supersedes=supersedes
    )
    return found


def accounted(
    files: Sequence[Path],
    journals: Path | None = None,
    *,
    processes: int | None = None,
    limit: int = 20,
    block_bytes: int = BLOCK_BYTES,
    supersedes: bool = False,
) -> tuple[Account, Ledger]:
    """The same, and the ledger, which tells of each record what the account only counts."""
    found, notes = sources(files)
    times, more = open_journals(journals)
    notes += more
    tally = Tally(times, found, limit)
    contention = journal_times.contention(times, tally.ledger)
    collisions, collided = journal_times.exclusion(times, tally.ledger, limit)
    workers = processes if processes is not None else len(os.sched_getaffinity(0))
    for scanned in scan_all(found, times, journals, workers, block_bytes):
        tally.add(scanned)
    tally.finish(workers)
    if supersedes:
        superseding.mark(times, tally.ledger)
    observed, more = reads.observed(journals, times)
    notes += more
    latency, sampled = journal_times.latency(times)
    speed = journal_times.throughput(times)
    runs = absent.lost_runs(tally.ledger, absent.lost_bits(tally.ledger))
    if tally.attempted.crowded:
        notes.append("sequence numbers lie too far apart to be kept: some records count as foreign")
    if not tally.exact:
        notes.append("too many records are torn for all to be kept: pieces far from each other were not put together")
    one_sequence = tally.spread.one_sequence()
    if times and not one_sequence:
        notes.append("real-time order was not checked: each file is of one writer, so none stands before another's")
    if sampled:
        notes.append("latency percentiles are of a sample of the operations")
    result = Account(
        records=tally.records(),
        bytes=tally.byte_counts(),
        history=HistoryCounts(
            real_time_order=tally.order.violations if times and one_sequence else None,
            mutual_exclusion=collisions,
            torn_reads=observed.counts.torn if observed else None,
            reads=observed.counts.total if observed else None,
            stale_reads=observed.counts.stale if observed else None,
        ),
        contention=contention,
        latency_us=latency,
        records_per_second=speed.records_per_second,
        fairness=speed.fairness,
        anomalies=anomalies(tally, found, runs, collided, limit) + (observed.anomalies if observed else ()),
        causes=_causes(tally, runs),
        notes=tuple(notes),
        reads=observed.counts if observed else None,
    )
    return result, tally.ledger


def _causes(tally: Tally, runs: Sequence[absent.Run]) -> dict[str, int]:
    """Damaged records by the short key of their cause, the most frequent first."""
    records = tally.records()
    counts = tally.evidence.counted(records.interleaved)
    counts.update(tally.truncated.counted(records.truncated))
    counts.update(absent.lost_causes(tally.ledger, runs, tally.spread.between()))
    return {cause: count for cause, count in counts.most_common() if count}
