"""What a log should hold: by the numbers that were given, by what each writer's own numbers show, or by journals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.foreign.findings import Expected
from harness.analysis.foreign.gaps import (
    Share,
    expected_states,
    first_number,
    most_gaps,
    share_among,
    share_of,
    unseen_names,
)
from harness.analysis.foreign.seen import Ints, Seen
from harness.analysis.foreign.tally import State, Tally


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the expectation, and whether the pattern names writers and sequence numbers, and what it has just
    before the name, its ``label``. ``journals``: the records of each writer that must have a line, where journals tell.
    """

    expected: Expected
    writer: bool
    seq: bool
    label: bytes = b""
    journals: Mapping[bytes, Seen] | None = None


def expectation(states: Sequence[State], tally: Tally, question: Question) -> "Expectation":
    """The expectation of those writers whose ``states`` these are, in the order in which they are told."""
    if question.journals is not None:
        return _OfJournals(states, tally, question, question.journals)
    return Expectation(states, tally, question)


class Expectation:
    """By numbers.

    ``each``: the records of each writer, of all together where the pattern does not name them, None where nobody knows;
    they are numbered from ``first`` on. ``unseen``: how many writers left nothing; they may be called as
    ``unseen_names`` tells. At most ``most_gaps`` of each writer are told.
    """

    def __init__(self, states: Sequence[State], tally: Tally, question: Question) -> None:
        self._states = states
        self._question = question
        self._expected = question.expected
        records = self._expected.records
        self.each = records if question.writer or records is None else records * (self._expected.writers or 1)
        self.most_gaps = most_gaps(len(states))
        self.first = first_number(states, records) if question.seq and records else 0
        self._wanted = expected_states(states, self._expected) if question.writer else {0}
        self.unseen = self._unseen_count(tally)
        self.unseen_names = self._names_unseen()
        self._by_name = {state.name: at for at, state in enumerate(states)}

    def _unseen_count(self, tally: Tally) -> int:
        if not self._question.writer:
            return 0 if self._states or self._expected == Expected() else 1
        if self._expected.writers is None or tally.untracked:
            return 0
        return max(0, self._expected.writers - len(self._states))

    def _names_unseen(self) -> list[bytes]:
        if not self._question.writer:
            return [b""] * self.unseen
        return unseen_names(self._states, self._expected.writers or 0) if self.unseen else []

    def wants(self, at: int) -> bool:
        """Whether a writer is one of those expected."""
        return at in self._wanted

    def share(self, at: int) -> Share:
        """What is missing of a writer, and what is there beyond."""
        state = self._states[at]
        if not self.wants(at):
            return Share(unexpected=state.distinct if self._question.seq else state.lines)
        if not self._question.seq:
            short = 0 if self.each is None else self.each - state.lines
            return Share(missing=max(0, short), unexpected=max(0, -short) if self.each is not None else 0)
        if self.each is None and not state.distinct:
            return Share()
        return share_of(state, *self._bounds(state), self.most_gaps)

    def total(self) -> int | None:
        """How many records all writers should have; None where nobody knows."""
        if self.each is None:
            return None
        writers = self._expected.writers if self._expected.writers is not None else len(self._states)
        return self.each * (writers if self._question.writer else 1)

    def acceptable(self) -> int | None:
        """How many writers may be believed in that only pieces name; None for any number."""
        if self._expected.writers is None:
            return None
        return 0 if self.unseen_names else self.unseen

    def can_be(self, seq: int) -> bool:
        """Whether a record may have this number."""
        return self.each is None or self.first <= seq < self.first + self.each

    def is_missing(self, name: bytes, seq: int) -> bool:
        """Whether a record can exist and has no well-formed line."""
        at = self._by_name.get(name)
        if not self.can_be(seq) or (at is not None and not self.wants(at)):
            return False
        return at is None or not bool(self._states[at].seen.holds(np.array([seq]))[0])

    def missing_among(self, name: bytes, seqs: Ints) -> int:
        """How many of these records of a writer, each once, count as missing."""
        at = self._by_name.get(name)
        if at is None:
            known = self.unseen and self.each is not None
            return sum(self.is_missing(name, seq) for seq in seqs.tolist()) if known else 0
        if not self.wants(at) or not (self._states[at].distinct or self.each is not None):
            return 0
        first, last = self._bounds(self._states[at])
        return int(((seqs >= first) & (seqs <= last) & ~self._states[at].seen.holds(seqs)).sum())

    def _bounds(self, state: State) -> tuple[int, int]:
        """First and last record that a writer should have, or has at least begun to have."""
        if self.each is not None:
            return self.first, self.first + self.each - 1
        return state.lowest, state.highest


class _OfJournals(Expectation):
    """By journals: they name all writers, and the records of each that must have a line."""

    def __init__(
        self, states: Sequence[State], tally: Tally, question: Question, journals: Mapping[bytes, Seen]
    ) -> None:
        super().__init__(states, tally, question)
        self._journals = journals

    def share(self, at: int) -> Share:
        state = self._states[at]
        return share_among(state, self._journals.get(state.name, Seen()), self.most_gaps)

    def total(self) -> int | None:
        intervals = (wanted.intervals() for wanted in self._journals.values())
        return sum(int((high - low + 1).sum()) for low, high in intervals)

    def is_missing(self, name: bytes, seq: int) -> bool:
        return self.missing_among(name, np.array([seq])) > 0

    def missing_among(self, name: bytes, seqs: Ints) -> int:
        wanted, at = self._journals.get(name), self._by_name.get(name)
        if wanted is None:
            return 0
        there = self._states[at].seen.holds(seqs) if at is not None else np.zeros(seqs.size, np.bool_)
        return int((wanted.holds(seqs) & ~there).sum())
