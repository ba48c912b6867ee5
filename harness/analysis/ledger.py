"""One bit per record and question, in pages that exist only where records do.

A page holds 32768 sequence numbers of one writer; a question (is it whole? was it acknowledged?) is a
plane of bits over all pages. Twelve questions over 100 million records would be 150 MB; memory of a plane is
reserved at once, but the kernel gives it only where a bit is set.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import SEQ_BITS, Flags, Ints
from harness.trace.record import MAX_RECORDS, MAX_WRITERS, MIN_RECORD_BYTES

PAGE_BITS = 15
PAGE_RECORDS = 1 << PAGE_BITS
PAGE_BYTES = PAGE_RECORDS // 8
PAGES = MAX_WRITERS * MAX_RECORDS // PAGE_RECORDS
SPARE_PAGES = 4096
"""Pages that any input may fill. Only one with records enough to fill an eighth of its pages gets more."""
PLANES = (
    "attempted",
    "acknowledged",
    "seen",
    "whole",
    "twice",
    "complete",
    "overlapped",
    "colliding",
    "superseded",
    "shelved",
    "scattered",
    "recopied",
)
_ONES = np.array([n.bit_count() for n in range(256)], np.uint8)

Bits = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


class Ledger:
    """The planes. Records are named by where their bits are: ``locate`` turns keys into places."""

    def __init__(self, file_bytes: int, journal_rows: int) -> None:
        self._slot = np.full(PAGES, -1, np.int32)
        self._pages = np.zeros(0, np.int64)
        enough = (file_bytes // MIN_RECORD_BYTES + journal_rows) * 8 // PAGE_RECORDS
        self._limit = min(SPARE_PAGES + enough, PAGES)
        self._planes = {name: np.zeros((self._limit, PAGE_BYTES), np.uint8) for name in PLANES}

    def locate(self, key: Ints) -> Ints:
        """Places of records, int64; -1 for those for whose page there is no room (a hostile input)."""
        place = inner.places(key, self._slot, PAGE_BITS)
        homeless = place < 0
        if homeless.any():
            self._add(np.unique(key[homeless] >> PAGE_BITS))
            place = inner.places(key, self._slot, PAGE_BITS)
        return place

    def _add(self, pages: Ints) -> None:
        used = self._pages.size
        pages = pages[: max(self._limit - used, 0)]
        self._slot[pages] = np.arange(used, used + pages.size)
        self._pages = np.concatenate([self._pages, pages])

    def test(self, plane: str, place: Ints) -> Flags:
        """Whether the bits at these places are set; not where there is no room."""
        return inner.marked(place, self._planes[plane].reshape(-1))

    def set(self, plane: str, place: Ints) -> None:
        """Set the bits at these places, where there is room."""
        inner.mark(place, self._planes[plane].reshape(-1))

    def set_range(self, plane: str, writer: int, start: int, flags: Flags) -> None:
        """Set the bits of a writer's records from sequence number ``start`` on, where flags say so; ``start`` is
        a multiple of the size of a page."""
        for at in range(0, flags.size, PAGE_RECORDS):
            part = flags[at : at + PAGE_RECORDS]
            if part.any():
                key = np.array([writer << SEQ_BITS | start + at])
                place = int(self.locate(key)[0])
                if place >= 0:
                    bits = np.packbits(part, bitorder="little")
                    self._planes[plane][place >> PAGE_BITS][: bits.size] |= bits

    def fill(self, plane: str, writer: int, first: int, last: int) -> None:
        """Set the bits of all of a writer's records from ``first`` to ``last``, as far as there is room for pages."""
        base = writer << SEQ_BITS
        start, stop = first & -PAGE_RECORDS, last | (PAGE_RECORDS - 1)
        place = self.locate(base + np.arange(start, stop + 1, PAGE_RECORDS))
        slots = place >> PAGE_BITS
        self._planes[plane][slots[slots >= 0]] = 0xFF
        outside = np.zeros((2, PAGE_RECORDS), np.bool_)
        outside[0, : first - start] = True
        outside[1, last + 1 - (stop + 1 - PAGE_RECORDS) :] = True
        for slot, flags in zip((slots[0], slots[-1]), outside, strict=True):
            if slot >= 0:
                self._planes[plane][slot] &= ~np.packbits(flags, bitorder="little")

    def pages(self) -> Ints:
        """The keys that pages start with, by page."""
        return self._pages << PAGE_BITS

    def plane(self, name: str) -> Bits:
        """A plane, one row of bytes per page of ``pages``."""
        return self._planes[name][: self._pages.size]


def ones(bits: Bits) -> int:
    """How many bits are set."""
    return int(_ONES[bits].sum(dtype=np.int64))


def keys_of(pages: Ints, bits: Bits, limit: int) -> Ints:
    """The keys whose bits are set: the first ``limit``, by writer and sequence number."""
    found: list[Ints] = []
    for row in np.argsort(pages, kind="stable"):
        if bits[row].any():
            seqs = np.flatnonzero(np.unpackbits(bits[row], bitorder="little"))
            found.append(pages[row] + seqs[:limit])
            limit -= found[-1].size
            if limit <= 0:
                break
    return np.concatenate(found) if found else np.zeros(0, np.int64)
