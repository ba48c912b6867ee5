"""From pieces to records: which record a piece is of, told only where no other can be meant.

A name with both ends certain is taken as it stands. A loose one may have other bytes glued before it, or have
lost its head; it is told when exactly one record that it can be of is otherwise missing.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache

from harness.analysis.foreign.pieces import Loose, Piece

MAX_LONGER = 16
"""Names longer than a piece that are considered; where there are more, nothing is told."""
Record = tuple[bytes, int]


class Belief:
    """Resolves pieces. ``missing`` says whether a record is one that can exist and has no well-formed line."""

    def __init__(self, known: Collection[bytes], label: bytes, missing: Callable[[bytes, int], bool]) -> None:
        self._known = set(known)
        self._label = label
        self._missing = missing
        self._reversed = sorted(name[::-1] for name in self._known)
        self.record = lru_cache(1 << 16)(self._record)

    def accept(self, pieces: Iterable[Piece], most: int | None) -> list[bytes]:
        """Believe in the first ``most`` writers that only pieces name, where these names are certain."""
        accepted: dict[bytes, None] = {}
        for piece in pieces:
            if piece.loose not in (Loose.WRITER, Loose.SEQ) and self._name(piece.writer) is None:
                name = self._own(piece.writer)
                if piece.loose is Loose.WRITER_OF_LINE and self._glued(name):
                    continue
                if name and name not in accepted and (most is None or len(accepted) < most):
                    accepted[name] = None
        self._known |= set(accepted)
        self._reversed = sorted(name[::-1] for name in self._known)
        self.record = lru_cache(1 << 16)(self._record)
        return list(accepted)

    def _glued(self, name: bytes) -> bool:
        """Whether a name ends with that of a writer who is known: other bytes may stand before it."""
        return any(name[at:] in self._known for at in range(1, len(name)))

    def _record(self, piece: Piece) -> Record | None:
        """The record that a piece is of, None where it cannot be told."""
        if piece.loose is Loose.NOTHING:
            name = self._name(piece.writer)
            return None if name is None else (name, piece.seq)
        of_line = piece.loose in (Loose.WRITER_OF_LINE, Loose.SEQ_OF_LINE)
        if of_line and piece.writer in self._known and self._missing(piece.writer, piece.seq):
            return piece.writer, piece.seq
        by_writer = piece.loose in (Loose.WRITER, Loose.WRITER_OF_LINE)
        names = self._names(piece.writer) if by_writer else [self._name(piece.writer)]
        seqs = [piece.seq] if by_writer else list(_numbers(piece.seq))
        could = [(name, seq) for name in names if name is not None for seq in seqs if self._missing(name, seq)]
        return could[0] if len(could) == 1 else None

    def _name(self, text: bytes) -> bytes | None:
        """The writer whom a text with a certain end means: itself, or what stands behind the last label in it."""
        if text in self._known:
            return text
        own = self._own(text)
        return own if own in self._known else None

    def _own(self, text: bytes) -> bytes:
        return text[text.rindex(self._label) + len(self._label) :] if self._label and self._label in text else text

    def _names(self, text: bytes) -> list[bytes | None]:
        """The writers whom a text with a loose beginning can mean: the longest that it ends with, and longer ones."""
        found: list[bytes | None] = []
        for at in range(len(text) + 1):
            glued = at and at < len(text) and text[at - 1 : at].isdigit() and text[at : at + 1].isdigit()
            if not glued and text[at:] in self._known:
                found.append(text[at:])
                break
        backwards = text[::-1]
        first = bisect_left(self._reversed, backwards)
        longer = [name[::-1] for name in self._reversed[first : first + MAX_LONGER] if name.startswith(backwards)]
        if len(longer) == MAX_LONGER:
            return []
        return [*found, *(name for name in longer if name != text)]


def _numbers(seq: int) -> Iterator[int]:
    """What a number with a loose beginning can be: itself, what it ends with, or one with a digit lost before it."""
    text = str(seq)
    yield from {int(text[at:]) for at in range(len(text))}
    yield from (int(f"{digit}{text}") for digit in range(1, 10))
