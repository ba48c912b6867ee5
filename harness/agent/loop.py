"""The timed loop: the strategy's own I/O and the journal, nothing else.

Two forms, because a test per record for a lock that is not there would cost as much as the journal.
"""

import time
from collections.abc import Sequence

from harness.strategies.base import Rejected, Session
from harness.trace.journal import JournalWriter

SPIN_NS = 200_000
"""how long before the start instant a writer stops sleeping and spins: more writers than cores that all spin
longer would keep each other from starting"""


def wait_until(instant_ns: int) -> None:
    """Return at ``instant_ns`` of CLOCK_MONOTONIC: sleep to just before it, then spin."""
    while (left_ns := instant_ns - time.monotonic_ns()) > 0:
        if left_ns > SPIN_NS:
            time.sleep((left_ns - SPIN_NS) / 1e9)


def run(
    session: Session, journal: JournalWriter, batch: Sequence[bytes], first: int, deadline_ns: int | None
) -> tuple[int, int]:
    """Write the records of ``batch``, whose sequence numbers start at ``first``.

    Returns how many were attempted and how many of those rejected. Past ``deadline_ns`` it stops.
    Raises OSError on a short write, TypeError where it returned no number of bytes, and whatever the strategy raises.
    """
    step = plain if session.acquire is None else guarded
    if deadline_ns is None:
        return len(batch), step(session, journal, batch, first)
    done = rejected = 0
    while done < len(batch) and time.monotonic_ns() < deadline_ns:
        few = batch[done : done + 64]
        rejected += step(session, journal, few, first + done)
        done += len(few)
    return done, rejected


def _misfit(size: object, wanted: int, seq: int) -> Exception:
    """What is wrong with what a strategy's ``write`` returned."""
    if type(size) is int and 0 <= size < wanted:
        told = f"write() returned {size} of the {wanted} bytes of record {seq}"
        return OSError(f"short write: {told}: is the volume full? Or does write() not return how many it wrote?")
    return TypeError(
        f"write() returned {size!r:.80} for record {seq}: it has to return the number of bytes written, here {wanted}"
    )


def plain(session: Session, journal: JournalWriter, batch: Sequence[bytes], first: int) -> int:
    """One operation per record. Returns the number of rejected ones."""
    write, now = session.write, time.monotonic_ns
    begin, acknowledged = journal.begin, journal.acknowledged
    rejected = 0
    for seq, data in enumerate(batch, first):
        begin[seq] = now()
        try:
            if (size := write(data)) != len(data):
                raise _misfit(size, len(data), seq)
            acknowledged[seq] = now()
        except Rejected:
            rejected += 1
    return rejected


def guarded(session: Session, journal: JournalWriter, batch: Sequence[bytes], first: int) -> int:
    """One critical section per record, with the times at which it was entered and left."""
    write, now, acquire, release = session.write, time.monotonic_ns, session.acquire, session.release
    if acquire is None or release is None:
        raise TypeError("a guarded session has both acquire and release")
    begin, enter, leave, acknowledged = journal.begin, journal.enter, journal.leave, journal.acknowledged
    rejected = 0
    for seq, data in enumerate(batch, first):
        begin[seq] = now()
        try:
            acquire()
            enter[seq] = now()
            try:
                if (size := write(data)) != len(data):
                    raise _misfit(size, len(data), seq)
            finally:
                leave[seq] = now()
                release()
            acknowledged[seq] = now()
        except Rejected:
            rejected += 1
    return rejected
