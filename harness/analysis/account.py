"""The account of a trial: every record its outcome, every byte its owner, and what the times tell.

Files are scanned block by block (``blocks``), tallied in file order (``tally``, ``order``), and the journals
are read for what only they know (``contention``, ``exclusion``). Memory is bounded by the blocks in flight,
by a bit per record and question, and by the records that are damaged.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from harness.analysis.blocks import BLOCK_BYTES, scan_all, sources
from harness.analysis.journals import open_journals
from harness.analysis.tally import Tally
from harness.model import Account, HistoryCounts


def account(
    files: Sequence[Path],
    journals: Path | None = None,
    *,
    processes: int | None = None,
    limit: int = 20,
    block_bytes: int = BLOCK_BYTES,
) -> Account:
    """Account for every byte of ``files`` and every record that ``journals`` tell of.

    ``files`` are in reading order: rotated logs oldest first, or one of each writer. ``journals`` is a
    directory; without it a writer's records are those between the lowest and highest number seen of it.
    ``processes`` scan big inputs (default: as many as there are processors). At most ``limit`` anomalies of
    each kind are described. ``block_bytes`` changes speed and memory, not results. A file or journal that
    cannot be read counts as empty, with a note.
    """
    found, notes = sources(files)
    times, more = open_journals(journals)
    notes += more
    total = sum(source.size for source in found)
    tally = Tally(times, total, limit)
    workers = processes if processes is not None else len(os.sched_getaffinity(0))
    for scanned in scan_all(found, times, journals, workers, block_bytes):
        tally.add(scanned)
    tally.finish()
    return Account(
        records=tally.records(),
        bytes=tally.byte_counts(),
        history=HistoryCounts(real_time_order=tally.order.violations if times else None),
        notes=tuple(notes),
    )
