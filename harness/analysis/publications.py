"""When versions of a document were published, from the publishers' journals, and what that says of a read's time."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.analysis.cells import SEQ_BITS, Flags, Ints
from harness.analysis.journals import Journals
from harness.analysis.times import NEVER


@dataclass(frozen=True, slots=True)
class Publications:
    """Acknowledged publications by their begins; int64, times in ns.

    ``ends``: acknowledgements in order. ``soonest``: the earliest acknowledgement of this and all that began later.
    """

    key: Ints
    begin: Ints
    acknowledged: Ints
    ends: Ints
    soonest: Ints

    @classmethod
    def of(cls, journals: Journals) -> Self:
        """Those that the journals tell of."""
        none = np.zeros(0, np.int64)
        parts = [(none, none, none)]
        for writer in journals.writers:
            for start, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
                rows = np.flatnonzero((begin > 0) & (acknowledged > 0))
                parts.append(((writer << SEQ_BITS) + start + rows, begin[rows], acknowledged[rows]))
        key, begin, acknowledged = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(begin, kind="stable")
        key, begin, acknowledged = key[order], begin[order], acknowledged[order]
        soonest = np.minimum.accumulate(acknowledged[::-1])[::-1]
        return cls(key, begin, acknowledged, np.sort(acknowledged), np.append(soonest, NEVER))

    @property
    def first_end(self) -> int:
        """The first acknowledgement; NEVER without any."""
        return int(self.ends[0]) if self.ends.size else NEVER

    def overlap(self, begin: Ints, end: Ints) -> Flags:
        """Whether a publication was under way at some time of each of these intervals."""
        begun = np.searchsorted(self.begin, end, "left")
        over = np.searchsorted(self.ends, begin, "right")
        return begun > over

    def replaced(self, acknowledged: Ints) -> Ints:
        """When a publication that began after each of these acknowledgements was acknowledged; NEVER: none was."""
        return self.soonest[np.searchsorted(self.begin, acknowledged, "left")]

    def under_way(self, begin: int, end: int) -> int | None:
        """The key of the last publication that overlaps an interval."""
        rows = np.flatnonzero((self.begin < end) & (self.acknowledged > begin))
        return int(self.key[rows[-1]]) if rows.size else None
