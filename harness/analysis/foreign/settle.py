"""The account at the end of a pass: each writer's share, the sums, and findings for what is missing or too many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.analysis.foreign.believe import Belief, Record
from harness.analysis.foreign.damage import MAX_TORN, Damage
from harness.analysis.foreign.expectation import Question, expectation
from harness.analysis.foreign.findings import (
    MAX_FINDINGS,
    Bytes,
    Finding,
    FindingKind,
    Lines,
    Named,
    Records,
    Report,
    Writer,
    name_of,
)
from harness.analysis.foreign.gaps import Share
from harness.analysis.foreign.lines import NOT_MATCHED
from harness.analysis.foreign.pieces import Piece
from harness.analysis.foreign.tally import MAX_WRITERS, State, Tally

MAX_WRITERS_TOLD = 1000


def settle(damage: Damage, tally: Tally, question: Question, size: Bytes, notes: Sequence[str] = ()) -> Report:
    """Settle the account; ``notes`` are those of the pass."""
    return _Settlement(damage, tally, question, notes).report(size)


class _Settlement:
    def __init__(self, damage: Damage, tally: Tally, question: Question, notes: Sequence[str]) -> None:
        self._damage = damage
        self._states = sorted(tally.states, key=lambda state: state.first_row)
        self._tally = tally
        self._question = question
        self._expected = question.expected
        self._notes = list(notes)
        self._should = expectation(self._states, tally, question)
        names = [*(state.name for state in self._states), *self._should.unseen_names]
        self._belief = Belief(names, question.label, self._should.is_missing)
        self._only_torn = self._belief.accept(damage.torn, self._should.acceptable()) if question.writer else []
        self._torn = self._torn_records()

    def report(self, size: Bytes) -> Report:
        shares = [self._should.share(at) for at in range(len(self._states))]
        for state, share in zip(self._states, shares, strict=True):
            self._tell_gaps(state, share)
        self._tell_unseen()
        self._tell_unexpected(shares)
        self._tell_untracked()
        self._note(shares)
        self._note_unlisted(size, sum(share.gap_count for share in shares))
        return Report(
            size,
            Lines(**self._damage.lines),
            self._records(shares),
            tuple(self._writers(shares)),
            tuple(self._named(finding, names) for finding, names in self._damage.findings),
            tuple(self._notes),
        )

    def _records(self, shares: list[Share]) -> Records:
        should = self._should
        missing = sum(share.missing for share in shares) + should.unseen * (should.each or 0)
        unexpected = sum(share.unexpected for share in shares)
        expected = should.total()
        if not self._question.seq:
            known = missing if should.each is not None else None
            return Records(missing=known, expected=expected, unexpected=unexpected)
        return Records(
            sum(state.distinct for state in self._states),
            sum(state.duplicated for state in self._states),
            missing,
            sum(state.reordered for state in self._states),
            expected,
            unexpected,
            self._torn_missing(),
        )

    def _torn_missing(self) -> int:
        """How many of the records that pieces name count as missing."""
        by_name: dict[bytes, list[int]] = {}
        for name, seq in self._torn:
            by_name.setdefault(name, []).append(seq)
        numbers = ((name, np.array(seqs, np.int64)) for name, seqs in by_name.items())
        return sum(self._should.missing_among(name, seqs) for name, seqs in numbers)

    def _torn_records(self) -> Mapping[Record, int]:
        """The records of which malformed lines, or matching ones beside their own record, hold pieces; and where."""
        found: dict[Record, int] = {}
        for piece, offset in self._damage.torn.items():
            if record := self._belief.record(piece):
                found.setdefault(record, offset)
        self._hidden = []
        for offset, pieces in self._damage.hidden:
            records = [record for piece in pieces if (record := self._belief.record(piece))]
            if records:
                self._hidden.append(offset)
            for record in records:
                found.setdefault(record, offset)
        return found

    def _named(self, finding: Finding, pieces: Iterable[Piece]) -> Finding:
        """A malformed line with the records that can exist, within what is expected, of which it holds pieces."""
        records = dict.fromkeys(record for piece in pieces if (record := self._belief.record(piece)))
        named = tuple(
            Named(name_of(name) if self._question.writer else None, seq)
            for name, seq in records
            if self._should.can_be(seq)
        )
        cause = finding.cause
        if named and cause == NOT_MATCHED:
            cause = "a piece of a record" if len(named) == 1 else f"pieces of {len(named)} records in one line"
        return replace(finding, cause=cause, records=named) if named else finding

    def _tell_gaps(self, state: State, share: Share) -> None:
        for first, last in share.gaps:
            where = self._torn.get((state.name, first)) if first == last else None
            count = last - first + 1
            cause = (
                f"pieces of it stand in the line at offset {where}"
                if where is not None
                else f"{count} record{'s' * (count > 1)} without a well-formed line"
            )
            self._damage.add(Finding(FindingKind.MISSING, cause, writer=self._name(state), seq=first, last_seq=last))
        if share.missing and not self._question.seq:
            cause = f"{share.missing} fewer matching lines than expected"
            self._damage.add(Finding(FindingKind.MISSING, cause, writer=self._name(state)))

    def _tell_unseen(self) -> None:
        unseen, each = self._should.unseen, self._should.each
        if not unseen:
            return
        last = None if each is None or not self._question.seq else self._should.first + each - 1
        first = None if last is None else self._should.first
        if each == 0:
            return
        named: list[str | None] = [name_of(name) for name in self._should.unseen_names or self._only_torn]
        others = unseen - len(named)
        lost = "" if each is None else f": {each * others} records"
        if not self._question.writer:
            named = [None]
        for name in [*named, None] if others else named:
            cause = f"{others} of {self._expected.writers} writers left no well-formed line{lost}"
            if name is not None or not self._question.writer:
                cause = "the writer left no well-formed line" if self._question.writer else "no line is well-formed"
            self._damage.add(Finding(FindingKind.MISSING, cause, writer=name, seq=first, last_seq=last))

    def _tell_unexpected(self, shares: list[Share]) -> None:
        for at, (state, share) in enumerate(zip(self._states, shares, strict=True)):
            if not self._should.wants(at):
                cause = f"a writer beyond the {self._expected.writers} expected, with {state.lines} lines"
                self._damage.add(Finding(FindingKind.UNEXPECTED, cause, writer=self._name(state)))
            elif share.unexpected:
                lines = "records outside what was expected" if self._question.seq else "lines more than expected"
                self._damage.add(
                    Finding(FindingKind.UNEXPECTED, f"{share.unexpected} {lines}", writer=self._name(state))
                )

    def _tell_untracked(self) -> None:
        if self._tally.untracked and self._expected.writers is not None:
            cause = (
                f"more than {MAX_WRITERS} writers: {self._tally.untracked} lines of the others are not accounted for"
            )
            self._damage.add(Finding(FindingKind.UNEXPECTED, cause))

    def _note(self, shares: list[Share]) -> None:
        if not self._question.seq:
            self._notes.append("the pattern has no group seq: copies, gaps and order cannot be told")
        elif self._expected.records:
            first = self._should.first
            seen = "no record 0 was seen, or more records at the other end" if first else "a record 0 was seen"
            self._notes.append(f"records are taken as numbered from {first}: {seen}")
        if not self._question.writer:
            self._notes.append("the pattern has no group writer: all lines are taken as one writer's")
        if len(self._damage.torn) >= MAX_TORN:
            self._notes.append(f"missing_in_pieces looks at {MAX_TORN} records that pieces name; there may be more")
        many = sum(share.gap_count > len(share.gaps) for share in shares)
        if many:
            self._notes.append(
                f"of {many} writers only the first {self._should.most_gaps} gaps are told; gap_count has their number"
            )
        if self._hidden:
            self._notes.append(
                f"{len(self._hidden)} matching lines name a second record, the first at offset "
                f"{self._hidden[0]}: the pattern lets too much pass, perhaps by .*"
            )
        if self._tally.untracked:
            self._notes.append(
                f"more than {MAX_WRITERS} writers: {self._tally.untracked} lines of the others only count as matching"
            )
        if self._tally.unnumbered and self._question.seq:
            self._notes.append(f"{self._tally.unnumbered} matching lines have no sequence number")
        if len(shares) > MAX_WRITERS_TOLD:
            self._notes.append(f"the first {MAX_WRITERS_TOLD} of {len(shares)} writers are listed")

    def _note_unlisted(self, size: Bytes, gaps: int) -> None:
        """Say which lines lack a checksum, and of which kinds there is more than the findings tell."""
        damage = self._damage
        if self._tally.unchecked:
            self._notes.append(f"{self._tally.unchecked} matching lines carry no checksum")
        counts = {
            FindingKind.MALFORMED: damage.lines["malformed"],
            FindingKind.HOLE: size.nul_runs,
            FindingKind.DUPLICATED: sum(state.duplicated for state in self._states),
            FindingKind.REORDERED: sum(state.reordered for state in self._states),
            FindingKind.MISSING: max(gaps, damage.told(FindingKind.MISSING) + damage.unlisted[FindingKind.MISSING]),
            FindingKind.UNEXPECTED: damage.told(FindingKind.UNEXPECTED) + damage.unlisted[FindingKind.UNEXPECTED],
        }
        for kind, count in counts.items():
            if count > damage.told(kind) == MAX_FINDINGS:
                self._notes.append(f"anomalies list the first {MAX_FINDINGS:,} {kind} of {count:,}")

    def _writers(self, shares: list[Share]) -> Iterable[Writer]:
        rows = sorted(zip(self._states, shares, strict=True), key=lambda row: _natural(row[0].name))
        for state, share in rows[:MAX_WRITERS_TOLD]:
            if not self._question.seq:
                yield Writer(self._name(state), state.lines, missing=share.missing)
            else:
                yield Writer(
                    self._name(state),
                    state.lines,
                    state.distinct,
                    state.duplicated,
                    share.missing,
                    state.reordered,
                    state.lowest if state.distinct else None,
                    state.highest if state.distinct else None,
                    share.gaps,
                    share.gap_count,
                )

    def _name(self, state: State) -> str | None:
        return name_of(state.name) if self._question.writer else None


def _natural(name: bytes) -> tuple[int, int, bytes]:
    return (0, int(name), name) if name.isdigit() and len(name) < 20 else (1, 0, name)
