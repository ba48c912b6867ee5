"""Records that are not there: what the evidence says of them, all together and one by one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis import causes
from harness.analysis.cells import SEQ_BITS, SEQ_MASK
from harness.analysis.ledger import PAGE_RECORDS, Bits, Ledger, ones
from harness.analysis.spread import Between, Spread

RUN_RECORDS = 32
"""So many lost records in a row of one writer are a run: not chance, but a file or a buffer that went."""


@dataclass(frozen=True, slots=True)
class Run:
    """Lost records ``first`` to ``last`` of a writer, all of them."""

    writer: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def lost_bits(ledger: Ledger) -> Bits:
    """The plane of lost records: attempted and acknowledged, not superseded, and no byte of them is there."""
    bits = ledger.plane("acknowledged") & ledger.plane("attempted") & ~ledger.plane("superseded")
    return bits & ~(ledger.plane("whole") | ledger.plane("complete") | ledger.plane("seen"))


def lost_runs(ledger: Ledger, bits: Bits) -> list[Run]:
    """Runs of consecutive lost records; those of ``RUN_RECORDS`` and more."""
    runs: list[Run] = []
    pages = ledger.pages()
    order = np.argsort(pages, kind="stable")
    carried: Run | None = None
    for row in order[bits[order].any(axis=1)].tolist():
        writer, base = int(pages[row]) >> SEQ_BITS, int(pages[row]) & SEQ_MASK
        flags = np.unpackbits(bits[row], bitorder="little").astype(np.int8)
        edges = np.diff(flags, prepend=0, append=0)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
        long = (ends - starts >= RUN_RECORDS - 1) | (starts == 0) | (ends == PAGE_RECORDS - 1)
        for first, last in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
            run = Run(writer, base + first, base + last)
            if carried and carried.writer == writer and carried.last + 1 == run.first:
                run = Run(writer, carried.first, run.last)
            elif carried:
                runs.append(carried)
            carried = run
    runs += [carried] if carried else []
    return [run for run in runs if len(run) >= RUN_RECORDS]


def lost_causes(ledger: Ledger, runs: Sequence[Run], between: Sequence[Between]) -> Counter[str]:
    """Lost records by cause; of several that hold, the first."""
    left = lost_bits(ledger)
    counts: Counter[str] = Counter()
    for cause, bits in (
        (causes.TWO_HOLDERS, ledger.plane("colliding")),
        (causes.ROTATION, _bits_of(ledger, between)),
        (causes.RUN_MISSING, _bits_of(ledger, runs)),
        (causes.LOST_UPDATE, ledger.plane("overlapped")),
    ):
        counts[cause] = ones(left & bits)
        left &= ~bits
    counts[causes.UNKNOWN] = ones(left)
    return counts


def _bits_of(ledger: Ledger, runs: Sequence[Run | Between]) -> Bits:
    """A plane of the records in these runs."""
    bits = np.zeros_like(ledger.plane("attempted"))
    if not runs:
        return bits
    for row, page in enumerate(ledger.pages().tolist()):
        writer, base = page >> SEQ_BITS, page & SEQ_MASK
        flags = np.zeros(PAGE_RECORDS, np.bool_)
        for run in runs:
            if run.writer == writer:
                flags[max(run.first - base, 0) : max(run.last - base + 1, 0)] = True
        bits[row] = np.packbits(flags, bitorder="little")
    return bits


def lost_cause(ledger: Ledger, runs: Sequence[Run], spread: Spread, key: int) -> str:
    """The cause of one lost record, with its evidence."""
    place = ledger.locate(np.array([key]))
    if ledger.test("colliding", place)[0]:
        return f"{causes.TWO_HOLDERS}: its critical section overlapped another writer's"
    writer, seq = key >> SEQ_BITS, key & SEQ_MASK
    for one in spread.between():
        if one.writer == writer and one.first <= seq <= one.last:
            return f"{causes.ROTATION}: {spread.evidence(one)}"
    for run in runs:
        if run.writer == writer and run.first <= seq <= run.last:
            return f"{causes.RUN_MISSING}: all {len(run)} from {run.first} to {run.last}"
    if ledger.test("overlapped", place)[0]:
        return f"{causes.LOST_UPDATE}: another writer's operation overlapped its own, and nothing of it is left"
    return causes.UNKNOWN
