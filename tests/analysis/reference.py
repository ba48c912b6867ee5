"""A slow reading of the same bytes, cell by cell, that shares nothing with the analysis but the record's encoder.

It knows which records may occur, so it needs no decoding: a stretch belongs to a record when it equals a
stretch of it. It finds whole records wherever they stand, and of each record the cells that stand anywhere else.
"""

from collections.abc import Iterable

from harness.trace.record import CELL_BYTES, encode

Name = tuple[int, int, int]
"""Writer, sequence number, length."""


class Reading:
    """What stands in a text: positions of whole records by name, and names of which at least a cell stands."""

    def __init__(self, text: bytes, names: Iterable[Name]) -> None:
        self.whole: dict[Name, list[int]] = {}
        self.present: set[Name] = set()
        taken = bytearray(len(text))
        lines = {name: encode(*name) for name in names}
        for name, line in lines.items():
            for at in _places(text, line):
                self.whole.setdefault(name, []).append(at)
                taken[at : at + len(line)] = b"\1" * len(line)
        for name, line in lines.items():
            for offset in range(0, len(line) - CELL_BYTES, CELL_BYTES):
                cell = line[offset : offset + CELL_BYTES]
                if any(not any(taken[at : at + CELL_BYTES]) for at in _places(text, cell)):
                    self.present.add(name)

    def count(self, name: Name) -> int:
        return len(self.whole.get(name, []))


def _places(text: bytes, part: bytes) -> Iterable[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
