"""The outcome of each record, read off the planes of the ledger."""

from collections import Counter

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK
from harness.analysis.ledger import PLANES, Bits, Ledger, ones

PAGES_AT_ONCE = 1024


def assume_attempted(ledger: Ledger) -> None:
    """Without journals, each writer attempted what lies between its lowest and highest sequence number."""
    present = ledger.plane("whole") | ledger.plane("complete") | ledger.plane("seen")
    pages = ledger.pages()
    there = present.any(axis=1)
    for writer in np.unique(pages[there] >> SEQ_BITS).tolist():
        own = np.flatnonzero(there & (pages >> SEQ_BITS == writer))
        low, high = own[np.argmin(pages[own])], own[np.argmax(pages[own])]
        first = int(pages[low] & SEQ_MASK) + int(np.flatnonzero(_unpacked(present[low]))[0])
        last = int(pages[high] & SEQ_MASK) + int(np.flatnonzero(_unpacked(present[high]))[-1])
        for plane in ("attempted", "acknowledged"):
            ledger.fill(plane, writer, first, last)


def _unpacked(bits: Bits) -> Bits:
    return np.unpackbits(bits, bitorder="little")


def outcomes(ledger: Ledger) -> dict[str, int]:
    """Records by outcome, by the names of ``RecordCounts``."""
    counts: Counter[str] = Counter()
    for first in range(0, ledger.pages().size, PAGES_AT_ONCE):
        counts.update(_of_pages(ledger, slice(first, first + PAGES_AT_ONCE)))
    return dict(counts)


def _of_pages(ledger: Ledger, pages: slice) -> dict[str, int]:
    plane = {name: ledger.plane(name)[pages] for name in PLANES}
    whole = plane["whole"] & plane["attempted"]
    twice = plane["twice"] & plane["attempted"]
    rest = plane["attempted"] & ~whole
    complete = plane["complete"] & rest
    rest &= ~complete
    truncated = plane["seen"] & rest
    rest &= ~truncated
    gone = plane["acknowledged"] & rest
    lost = gone & ~plane["superseded"]
    return {
        "attempted": ones(plane["attempted"]),
        "acknowledged": ones(plane["acknowledged"]),
        "intact": ones(whole) - ones(twice),
        "interleaved": ones(complete),
        "truncated": ones(truncated),
        "lost": ones(lost),
        "duplicated": ones(twice),
        "superseded": ones(gone) - ones(lost),
        "indeterminate": ones(rest) - ones(gone),
        "torn_copies": ones(plane["recopied"]),
    }
