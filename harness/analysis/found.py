"""What a tally hands on for anomalies: the first of each kind, as they came by."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TypeVar

from harness.analysis.causes import TearClasses
from harness.analysis.settled import Complete
from harness.analysis.spans import Columns, Fragments, Stretches, Wholes

Table = TypeVar("Table", bound=Columns)


@dataclass(frozen=True, slots=True)
class Found:
    """Tables with at least ``limit`` rows together, where there are as many; stretches as (position, size)."""

    limit: int
    complete: list[Complete] = field(default_factory=list)
    extra: list[Wholes] = field(default_factory=list)
    torn_copies: list[Wholes] = field(default_factory=list)
    """pieces of records that stand whole elsewhere"""
    phantom: list[Wholes] = field(default_factory=list)
    classes: list[TearClasses] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    foreign: list[tuple[int, int]] = field(default_factory=list)
    given_up: list[tuple[int, int]] = field(default_factory=list)
    """short pieces whose record was not found, and fragments of records that nobody attempted: foreign, too"""

    def show(self, shown: list[Table], table: Table) -> None:
        """Keep a table, unless there are rows enough."""
        if len(table) and sum(map(len, shown)) < self.limit:
            shown.append(table)

    def all_foreign(self, told: Fragments) -> list[tuple[int, int]]:
        """The first foreign stretches, in order; those beside each other are one. ``told`` were found to be of records
        after they had been given up."""
        end = dict(zip(told.pos.tolist(), (told.pos + told.size).tolist(), strict=True))
        cuts = sorted(end)
        joined: list[tuple[int, int]] = []
        for pos, size in sorted(self.foreign + self.given_up):
            at, stop = pos, pos + size
            for cut in cuts[bisect_left(cuts, at) : bisect_left(cuts, stop)]:
                _join(joined, at, cut)
                at = end[cut]
            _join(joined, at, stop)
        return joined[: self.limit]

    def show_stretches(self, shown: list[tuple[int, int]], stretches: Stretches) -> None:
        """The same for stretches; one that goes on behind the last one shown makes that longer."""
        for pos, size in zip(stretches.pos.tolist(), stretches.size.tolist(), strict=True):
            if len(shown) >= self.limit and sum(shown[-1]) != pos:
                break
            _join(shown, pos, pos + size)


def _join(stretches: list[tuple[int, int]], start: int, stop: int) -> None:
    """Add a stretch behind the others, to the last one where it goes on from there."""
    if start >= stop:
        return
    if stretches and sum(stretches[-1]) == start:
        start = stretches.pop()[0]
    stretches.append((start, stop - start))
