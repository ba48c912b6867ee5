"""Takes a lock with a lease in Redis (``SET key token NX PX lease``) around each record.

Promises an ordinary log and mutual exclusion. A holder that is paused for longer than its lease (garbage collection, a
suspended machine, a slow disk) still believes that it holds the lock, while another holds it. With ``fencing = true``
the store refuses writes whose token is older than one it has seen: such a write is rejected, not acknowledged, and
does no harm; mutual exclusion itself is then not promised, only that the log stays whole.

Storage: any for the log; the lock is in the server's memory.
Cost: two network round trips per record. ``pause_every`` pauses each writer, holding the lock, beyond its lease,
at every so many records.
System calls: ``sendto`` and ``recvfrom`` twice and ``write`` twice per record; with fencing ``flock`` twice and
the read and write of the newest token.
Source: redis.io, "Distributed Locks with Redis"; Kleppmann, "How to do distributed locking" (2016).
"""

import fcntl
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from harness.promise import Promise
from harness.strategies._locked import LOCK_PROMISES, guarded
from harness.strategies._redis import connect
from harness.strategies.append import open_raw, two_writes
from harness.strategies.base import Option, Place, Rejected, Session, Strategy

TAKE = (
    "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end return 0"
)
GIVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
POLL_S = 0.0005
PATIENCE_S = 30.0


class RedisLock(Strategy):
    """SET NX PX around a two-write record."""

    summary = "a lock with a lease in Redis, with or without fencing, around a two-write record"
    services = ("redis",)
    options = {
        "lease_ms": Option(40, "how long the lock is held at most, in milliseconds", minimum=1, maximum=60_000),
        "pause_every": Option(0, "each writer pauses beyond its lease at every so many records; 0: never", minimum=0),
        "fencing": Option(False, "the store checks a fencing token at each write"),
    }
    lease_ms: int
    pause_every: int
    fencing: bool

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.promises = LOCK_PROMISES - {Promise.MUTUAL_EXCLUSION} if self.fencing else LOCK_PROMISES

    def open(self, place: Place) -> Session:
        client = connect(place)
        take, give = client.register_script(TAKE), client.register_script(GIVE)
        keys = [f"{place.trial}:lock", f"{place.trial}:token"]
        me = f"writer-{place.number}"
        token = 0

        def acquire() -> None:
            nonlocal token
            deadline = time.monotonic() + PATIENCE_S
            while not (token := int(take(keys=keys, args=[me, self.lease_ms]))):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the lock was not free for {PATIENCE_S:.0f} s")
                time.sleep(POLL_S)

        def release() -> None:
            give(keys=keys[:1], args=[me])

        session = guarded(place, acquire, release, client.close)
        store = self._fenced(place, lambda: token) if self.fencing else session.write
        session.write = self._paused(store)
        return session

    def _paused(self, store: Callable[[bytes], int]) -> Callable[[bytes], int]:
        """``store``, with a pause beyond the lease before every ``pause_every``th record."""
        if not self.pause_every:
            return store
        written = 0

        def write(data: bytes) -> int:
            nonlocal written
            written += 1
            if written % self.pause_every == 0:
                time.sleep(1.5 * self.lease_ms / 1000)
            return store(data)

        return write

    def _fenced(self, place: Place, token: Callable[[], int]) -> Callable[[bytes], int]:
        """A store that checks the token and writes in one step, and refuses tokens older than it has seen."""
        fence = os.open(place.path("fence"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        write = two_writes(open_raw(place.path()))

        def store(data: bytes) -> int:
            fcntl.flock(fence, fcntl.LOCK_EX)
            try:
                if token() < int(os.pread(fence, 20, 0) or b"0"):
                    raise Rejected
                os.pwrite(fence, b"%020d" % token(), 0)
                return write(data)
            finally:
                fcntl.flock(fence, fcntl.LOCK_UN)

        return store


STRATEGY = RedisLock
