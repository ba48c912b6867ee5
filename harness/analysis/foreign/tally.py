"""Counts what each writer's well-formed lines tell: records, extra copies, records out of order."""

from dataclasses import dataclass, field

import numpy as np

from harness.analysis.foreign.findings import MAX_FINDINGS
from harness.analysis.foreign.seen import Ints, Seen

MAX_WRITERS = 1 << 16
NO_SEQ = -1
NO_WRITER = -1


@dataclass(slots=True)
class State:
    """What is known of one writer. ``first_row``: its first line among all that match; ``highest`` and
    ``lowest`` are -1
    before its first record.
    """

    name: bytes
    first_row: int = 0
    lines: int = 0
    distinct: int = 0
    duplicated: int = 0
    reordered: int = 0
    highest: int = -1
    lowest: int = -1
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True)
class Odd:
    """Rows of a batch: the first extra copies and the first records out of order."""

    duplicated: Ints
    reordered: Ints


class Tally:
    """All writers of a log, numbered as they are met. ``untracked`` counts the lines of writers beyond MAX_WRITERS,
    ``unnumbered`` those without a sequence number, ``unchecked`` those without a checksum where the pattern knows one.
    """

    def __init__(self) -> None:
        self.states: list[State] = []
        self.untracked = 0
        self.unnumbered = self.unchecked = 0
        self._rows = 0
        self._numbers: dict[bytes, int] = {}

    def number(self, name: bytes) -> int:
        """The writer's number, NO_WRITER when there are too many."""
        known = self._numbers.get(name)
        if known is not None:
            return known
        if len(self.states) == MAX_WRITERS:
            return NO_WRITER
        self._numbers[name] = len(self.states)
        self.states.append(State(name))
        return len(self.states) - 1

    def add(self, writer: Ints, seq: Ints) -> Odd:
        """Count well-formed lines, in the order of the file: their writers' numbers and their sequence numbers."""
        order = np.argsort(writer.astype(np.int32), kind="stable")
        cuts = np.flatnonzero(np.diff(writer[order])) + 1
        duplicated: list[Ints] = []
        reordered: list[Ints] = []
        for rows in np.split(order, cuts) if order.size else ():
            number = int(writer[rows[0]])
            if number == NO_WRITER:
                self.untracked += rows.size
                continue
            state = self.states[number]
            if not state.lines:
                state.first_row = self._rows + int(rows[0])
            odd = self._add_one(state, seq[rows])
            if odd is not None:
                duplicated.append(rows[odd.duplicated])
                reordered.append(rows[odd.reordered])
        self._rows += seq.size
        return Odd(_first(duplicated), _first(reordered))

    def _add_one(self, state: State, seq: Ints) -> Odd | None:
        state.lines += seq.size
        if not (seq != NO_SEQ).all():
            numbered = np.flatnonzero(seq != NO_SEQ)
            self.unnumbered += seq.size - numbered.size
            odd = self._numbered(state, seq[numbered]) if numbered.size else None
            return odd and Odd(numbered[odd.duplicated], numbered[odd.reordered])
        return self._numbered(state, seq)

    def _numbered(self, state: State, seq: Ints) -> Odd | None:
        first = int(seq[0])
        if first > state.highest and (seq[1:] > seq[:-1]).all():
            state.seen.add(seq)
            state.distinct += seq.size
            state.lowest = first if state.lowest < 0 else state.lowest
            state.highest = int(seq[-1])
            return None
        unique, index = np.unique(seq, return_index=True)
        new = ~state.seen.holds(unique)
        fresh = np.zeros(seq.size, np.bool_)
        fresh[index[new]] = True
        before = np.empty_like(seq)
        before[0] = state.highest
        np.maximum(np.maximum.accumulate(seq[:-1]), state.highest, out=before[1:])
        below = np.flatnonzero(fresh & (seq < before))
        copies = np.flatnonzero(~fresh)
        state.seen.add(unique[new])
        state.distinct += int(new.sum())
        state.duplicated += copies.size
        state.reordered += below.size
        state.highest = max(state.highest, int(unique[-1]))
        state.lowest = int(unique[0]) if state.lowest < 0 else min(state.lowest, int(unique[0]))
        return Odd(copies[:MAX_FINDINGS], below[:MAX_FINDINGS])


def _first(parts: list[Ints]) -> Ints:
    return np.sort(np.concatenate(parts))[:MAX_FINDINGS] if parts else np.zeros(0, np.int64)
