"""Chunks to blocks of whole lines, and NUL runs on the way; memory is bounded whatever the lines' length."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.analysis.foreign.findings import EXCERPT_BYTES, MAX_FINDINGS

MAX_LINE_BYTES = 16 << 20
"""A longer line is malformed, and is not kept."""
TAIL_BYTES = 1 << 16
"""What is kept of the end of such a line, where a record may stand behind a hole."""
MAX_RUNS = MAX_FINDINGS


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines from ``offset`` on; only the last block of a file may lack its last newline.

    ``oversize``: the block stands for one line of that many bytes, newline included, of which ``data`` is only
    the beginning and ``tail`` the end, its newline apart.
    """

    offset: int
    data: bytes
    oversize: int = 0
    tail: bytes = b""
    terminated: bool = True


class Splitter:
    """Cuts chunks at newlines. After the last, ``total`` is the input's size."""

    def __init__(self) -> None:
        self.total = 0

    def blocks(self, chunks: Iterable[bytes]) -> Iterator[Block]:
        """All blocks of the input, in order."""
        parts: list[bytes] = []
        start = held = skipped = 0
        tail = b""
        for chunk in chunks:
            self.total += len(chunk)
            first = chunk.find(b"\n") if held or skipped else 0
            if skipped or held + (first if first >= 0 else len(chunk)) > MAX_LINE_BYTES:
                skipped, held = skipped + held, 0
                parts, tail = _ends(parts, tail, chunk if first < 0 else chunk[:first])
                if first < 0:
                    skipped += len(chunk)
                    continue
                yield Block(start, parts[0], skipped + first + 1, tail)
                start += skipped + first + 1
                parts, tail, skipped, chunk = [], b"", 0, chunk[first + 1 :]  # noqa: PLW2901 # the rest of it
            cut = chunk.rfind(b"\n") + 1
            if cut:
                yield Block(start, b"".join([*parts, chunk[:cut]]))
                start += held + cut
                parts, held = [], 0
            if cut < len(chunk):
                parts.append(chunk[cut:])
                held += len(chunk) - cut
        if skipped:
            yield Block(start, parts[0], skipped, tail, terminated=False)
        elif held:
            yield Block(start, b"".join(parts), terminated=False)


def _ends(parts: list[bytes], tail: bytes, more: bytes) -> tuple[list[bytes], bytes]:
    """What is kept of a line too long to be held, of which ``more`` has come: its beginning and its end."""
    whole = b"".join([*parts, more])
    return [whole[: EXCERPT_BYTES + 1]], (tail + more if tail else whole)[-TAIL_BYTES:]


class NulRuns:
    """Counts NULs and the runs they stand in, across chunks; keeps the first MAX_RUNS as (offset, length)."""

    def __init__(self) -> None:
        self.nul = self.count = 0
        self.runs: list[tuple[int, int]] = []
        self._at = 0
        self._open = False

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks, unchanged."""
        for chunk in chunks:
            if b"\0" in chunk:
                self._feed(chunk)
            else:
                self._open = False
            self._at += len(chunk)
            yield chunk

    def _feed(self, chunk: bytes) -> None:
        zero = np.zeros(len(chunk) + 2, np.int8)
        zero[1:-1] = np.frombuffer(chunk, np.uint8) == 0
        edges = np.diff(zero)
        first, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        self.nul += int((end - first).sum())
        all_kept = self.count == len(self.runs)
        self.count += first.size
        spans = list(zip(first[: MAX_RUNS + 1].tolist(), end[: MAX_RUNS + 1].tolist(), strict=True))
        if self._open and spans[0][0] == 0:
            self.count -= 1
            if all_kept:
                offset, length = self.runs[-1]
                self.runs[-1] = (offset, length + spans[0][1])
            spans = spans[1:]
        room = MAX_RUNS - len(self.runs)
        self.runs += [(self._at + a, b - a) for a, b in spans[:room]]
        self._open = chunk.endswith(b"\0")
