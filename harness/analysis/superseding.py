"""Records that each replace the former, as the versions of a document do: what has to be there in the end.

A version was *superseded* once another, begun after it was acknowledged, was acknowledged itself; of versions
published at the same time, any may be the last. So the store is right when it holds a version that no other
superseded, and each other acknowledged one has gone rightly. Where it holds none of those, the version that was
acknowledged last is lost.
"""

from collections.abc import Iterator

import numpy as np

from harness.analysis.cells import SEQ_BITS, Flags, Ints
from harness.analysis.journals import Journals
from harness.analysis.ledger import Ledger


def mark(journals: Journals, ledger: Ledger) -> None:
    """Set the ledger's plane ``superseded``, over what its plane ``whole`` says is in the store."""
    latest_begin, newest, newest_at = 0, -1, 0
    for writer, start, begin, acknowledged in _slices(journals):
        done = acknowledged > 0
        latest_begin = max(latest_begin, int(begin[done].max(initial=0)))
        if acknowledged.max(initial=0) > newest_at:
            newest_at = int(acknowledged.max())
            newest = writer << SEQ_BITS | start + int(np.argmax(acknowledged))
    right = False
    for writer, start, begin, acknowledged in _slices(journals):
        final = (begin > 0) & ((acknowledged == 0) | (acknowledged >= latest_begin))
        right |= bool(_whole(ledger, writer, start, final).any())
    for writer, start, _, acknowledged in _slices(journals):
        key = (writer << SEQ_BITS) + start + np.arange(acknowledged.size)
        ledger.set_range("superseded", writer, start, (acknowledged > 0) & (right | (key != newest)))


def _slices(journals: Journals) -> Iterator[tuple[int, int, Ints, Ints]]:
    """Writer, first sequence number, begins and acknowledgements, slice by slice."""
    for writer in journals.writers:
        for start, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
            yield writer, start, begin, acknowledged


def _whole(ledger: Ledger, writer: int, start: int, flags: Flags) -> Flags:
    """Of the flagged records of a slice, which stand whole in the store."""
    key = (writer << SEQ_BITS) + start + np.flatnonzero(flags)
    return ledger.test("whole", ledger.locate(key))
