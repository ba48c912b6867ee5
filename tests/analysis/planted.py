"""Files with planted damage, whose truth is known because the damage was done to a list of pieces, not to bytes.

A piece is a stretch of a record, of junk (bytes that no record contains) or of NULs. Each way of damaging
rearranges the list; the bytes and the truth both follow from it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from harness.trace.record import ATTRIBUTABLE_BYTES, encode

JUNK = b"~!#$%&()*,./"


@dataclass(frozen=True)
class Piece:
    """Bytes ``[start, end)`` of record ``(writer, seq, length)``; or of junk (writer -1) or NULs (writer -2)."""

    writer: int
    seq: int
    length: int
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def name(self) -> tuple[int, int]:
        return self.writer, self.seq

    def bytes(self) -> bytes:
        if self.writer == -1:
            return bytes(JUNK[(self.start + i) % len(JUNK)] for i in range(self.size))
        if self.writer == -2:
            return bytes(self.size)
        return encode(self.writer, self.seq, self.length)[self.start : self.end]


def junk(size: int) -> Piece:
    return Piece(-1, 0, 0, 0, size)


def nuls(size: int) -> Piece:
    return Piece(-2, 0, 0, 0, size)


def whole(writer: int, seq: int, length: int) -> Piece:
    return Piece(writer, seq, length, 0, length)


class Plant:
    """A file as pieces, and the operations that damage it. Positions are bytes."""

    def __init__(self, writers: int, records: int, lengths: Sequence[int], random: Random) -> None:
        self.random = random
        self.records = {
            (writer, seq): random.choice(list(lengths)) for seq in range(records) for writer in range(writers)
        }
        self.pieces = [whole(w, s, length) for (w, s), length in self.records.items()]

    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)

    def bytes(self) -> bytes:
        return b"".join(piece.bytes() for piece in self.pieces)

    def _split(self, at: int) -> int:
        """The index of the piece that starts at a position, after cutting there."""
        for index, piece in enumerate(self.pieces):
            if at <= 0:
                return index
            if at < piece.size:
                middle = piece.start + at
                left = Piece(piece.writer, piece.seq, piece.length, piece.start, middle)
                right = Piece(piece.writer, piece.seq, piece.length, middle, piece.end)
                self.pieces[index : index + 1] = [left, right]
                return index + 1
            at -= piece.size
        return len(self.pieces)

    def _take(self, at: int, size: int) -> list[Piece]:
        first, last = self._split(at), self._split(at + size)
        taken = self.pieces[first:last]
        del self.pieces[first:last]
        return taken

    def _put(self, at: int, pieces: Sequence[Piece]) -> None:
        index = self._split(at)
        self.pieces[index:index] = pieces

    def drop(self, at: int, size: int) -> None:
        self._take(at, size)

    def overwrite(self, at: int, size: int) -> None:
        taken = self._take(at, size)
        self._put(at, [junk(sum(piece.size for piece in taken))] if taken else [])

    def zero(self, at: int, size: int) -> None:
        taken = self._take(at, size)
        self._put(at, [nuls(sum(piece.size for piece in taken))] if taken else [])

    def splice(self, at: int, size: int, to: int) -> None:
        taken = self._take(at, size)
        self._put(min(to, self.size()), taken)

    def swap(self, at: int, size: int, other: int) -> None:
        other = max(other, at + size)
        second = self._take(other, size)
        first = self._take(at, size)
        self._put(at, second)
        self._put(min(other, self.size()), first)

    def duplicate(self, at: int, size: int, to: int) -> None:
        taken = self._take(at, size)
        self._put(at, taken)
        self._put(min(to, self.size()), taken)

    def insert(self, at: int, size: int) -> None:
        self._put(at, [junk(size)])

    def make_hole(self, at: int, size: int) -> None:
        self._put(at, [nuls(size)])

    def truncate(self, at: int) -> None:
        del self.pieces[self._split(at) :]

    def damage(self, steps: int) -> None:
        """So many random operations."""
        for _ in range(steps):
            total = self.size()
            if total < 2:
                return
            at, to = self.random.randrange(total), self.random.randrange(total)
            size = self.random.choice((40, 64, 100, 200, 250, 1000))
            operation = self.random.choice(
                ("drop", "overwrite", "zero", "splice", "swap", "duplicate", "insert", "truncate")
            )
            if operation in ("splice", "swap", "duplicate"):
                getattr(self, operation)(at, size, to)
            elif operation == "truncate":
                self.truncate(max(total - size, 1))
            else:
                getattr(self, operation)(at, size)

    def damage_exactly(self, steps: int) -> None:
        """So many random operations, without those that leave a stretch too short to be told exactly."""
        for _ in range(steps):
            before = self.pieces.copy()
            self.damage(1)
            if not self.attributable():
                self.pieces = before

    def runs(self) -> Iterator[Piece]:
        """The pieces, adjacent stretches of one record joined; ends at the end of each whole."""
        current: Piece | None = None
        for piece in self.pieces:
            if not piece.size:
                continue
            if current and current.name == piece.name and current.writer >= 0 and current.end == piece.start:
                current = Piece(*piece.name, piece.length, current.start, piece.end)
            else:
                if current:
                    yield current
                current = piece
        if current:
            yield current

    def attributable(self) -> bool:
        """Whether every stretch of a record is long enough to be told exactly."""
        return all(run.size >= min(ATTRIBUTABLE_BYTES, run.length) for run in self.runs() if run.writer >= 0)

    def truth(self) -> "Truth":
        runs = list(self.runs())
        outcome, torn_copies = {}, 0
        by_record = sorted((run for run in runs if run.writer >= 0), key=lambda run: run.name)
        pieces = {name: list(group) for name, group in groupby(by_record, lambda run: run.name)}
        counts = dict.fromkeys(("intact", "fragment", "extra", "hole", "foreign"), 0)
        for name, length in self.records.items():
            own = pieces.get(name, [])
            copies = sum(run.size == length for run in own)
            size = sum(run.size for run in own)
            if copies:
                outcome[name] = "intact" if copies == 1 else "duplicated"
                counts["intact"] += length
                counts["extra"] += size - length
                torn_copies += size > copies * length
                continue
            counts["fragment"] += size
            covered = {at for run in own for at in range(run.start, run.end)}
            full = len(covered) == length
            outcome[name] = "interleaved" if full else "truncated" if own else "lost"
        counts["foreign"] = sum(run.size for run in runs if run.writer == -1)
        counts["hole"] = sum(run.size for run in runs if run.writer == -2)
        return Truth(outcome, counts, _reordered(runs), torn_copies)


@dataclass(frozen=True)
class Truth:
    """Outcome of each record by name; bytes by owner; number of reordered records, and of those with torn copies."""

    outcome: dict[tuple[int, int], str]
    bytes: dict[str, int]
    reordered: int
    torn_copies: int

    def count(self, outcome: str) -> int:
        return sum(one == outcome for one in self.outcome.values())


def _reordered(runs: Sequence[Piece]) -> int:
    highest: dict[int, int] = {}
    seen = set()
    count = 0
    for run in runs:
        if run.writer >= 0 and run.name not in seen:
            seen.add(run.name)
            count += run.seq < highest.get(run.writer, -1)
            highest[run.writer] = max(highest.get(run.writer, -1), run.seq)
    return count
