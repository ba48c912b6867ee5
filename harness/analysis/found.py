"""What a tally hands on for anomalies: the first of each kind, as they came by."""

from dataclasses import dataclass, field
from typing import TypeVar

from harness.analysis.causes import TearClasses
from harness.analysis.settle import Complete
from harness.analysis.spans import Columns, Stretches, Wholes

Table = TypeVar("Table", bound=Columns)


@dataclass(frozen=True, slots=True)
class Found:
    """Tables with at least ``limit`` rows together, where there are as many; stretches as (position, size)."""

    limit: int
    complete: list[Complete] = field(default_factory=list)
    extra: list[Wholes] = field(default_factory=list)
    phantom: list[Wholes] = field(default_factory=list)
    classes: list[TearClasses] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    foreign: list[tuple[int, int]] = field(default_factory=list)

    def show(self, shown: list[Table], table: Table) -> None:
        """Keep a table, unless there are rows enough."""
        if len(table) and sum(map(len, shown)) < self.limit:
            shown.append(table)

    def show_stretches(self, shown: list[tuple[int, int]], stretches: Stretches) -> None:
        """The same for stretches; one that goes on behind the last one shown makes that longer."""
        for pos, size in zip(stretches.pos.tolist(), stretches.size.tolist(), strict=True):
            if shown and sum(shown[-1]) == pos:
                shown[-1] = (shown[-1][0], shown[-1][1] + size)
            elif len(shown) < self.limit:
                shown.append((pos, size))
