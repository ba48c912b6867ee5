"""Which records of which writer stand in which file, where there are several: rotated logs, or one of each writer.

A writer moves from one rotated file to the next, so that a stretch of its records stands in each. What lies between
two stretches, or before or behind all of them, went with a file: truncated, overwritten or removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.analysis.blocks import Source
from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Ints


@dataclass(frozen=True, slots=True)
class Stretch:
    """A writer's lowest and highest sequence number in a file, which is named by the position of its first byte."""

    first: int
    last: int
    file: int


@dataclass(frozen=True, slots=True)
class Between:
    """A writer's records from ``first`` to ``last``, of which no file holds any, and the stretches beside them."""

    writer: int
    first: int
    last: int
    before: Stretch | None
    after: Stretch | None


class Spread:
    """The stretches, which grow with each block; of a single file nothing is noted."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._names = {source.base: source.path.name for source in sources if source.size}
        self._stretches: dict[int, dict[int, Stretch]] = {}

    def add(self, file: int, keys: Sequence[Ints]) -> None:
        """Records of which a part stands in the file."""
        key = np.concatenate(keys)
        if len(self._names) < 2 or not key.size:
            return
        writers, seq = key >> SEQ_BITS, key & SEQ_MASK
        lowest, highest = np.full(int(writers.max()) + 1, SEQ_MASK), np.full(int(writers.max()) + 1, -1)
        np.minimum.at(lowest, writers, seq)
        np.maximum.at(highest, writers, seq)
        for writer in np.flatnonzero(highest >= 0).tolist():
            own = self._stretches.setdefault(writer, {})
            first, last = int(lowest[writer]), int(highest[writer])
            if file in own:
                first, last = min(first, own[file].first), max(last, own[file].last)
            own[file] = Stretch(first, last, file)

    def one_sequence(self) -> bool:
        """Whether the files are one log in turn. Where each is of one writer, none stands before another's."""
        files = [file for own in self._stretches.values() for file in own]
        return len(self._stretches) < 2 or len(files) > len(set(files))

    def between(self) -> list[Between]:
        """What stands in no file, of writers that stand in several, or in some of the files that others share."""
        found: list[Between] = []
        shared = len({file for own in self._stretches.values() for file in own}) > 1 and self.one_sequence()
        for writer, own in self._stretches.items():
            if len(own) < 2 and not shared:
                continue
            stretches = sorted(own.values(), key=lambda one: one.first)
            found.append(Between(writer, 0, stretches[0].first - 1, None, stretches[0]))
            reached = stretches[0]
            for before, after in pairwise(stretches):
                reached = max(reached, before, key=lambda one: one.last)
                found.append(Between(writer, reached.last + 1, after.first - 1, reached, after))
            reached = max(stretches, key=lambda one: one.last)
            found.append(Between(writer, reached.last + 1, SEQ_MASK, reached, None))
        return [one for one in found if one.first <= one.last]

    def evidence(self, one: Between) -> str:
        """In words, where the records beside such stand."""
        before = one.before and f"up to {one.before.last} stand in {self._names[one.before.file]}"
        after = one.after and f"from {one.after.first} on stand in {self._names[one.after.file]}"
        if before and after:
            return f"its writer's records {before}, those {after}, and none between"
        return (
            f"its writer's records {before}, and none behind"
            if before
            else f"its writer's records {after}, and none before"
        )
