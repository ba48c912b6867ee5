"""Locks that exist or do not: a writer polls until it can create the lock itself."""

import random
import time
from collections.abc import Callable

from harness.strategies.base import Place

FIRST_WAIT_S, LONGEST_WAIT_S, PATIENCE_S = 50e-6, 2e-3, 30.0


def polled(place: Place, create: Callable[[], object]) -> Callable[[], None]:
    """``acquire`` that calls ``create`` until it no longer raises FileExistsError.

    Waits are random and grow, as a polite program's do. Raises TimeoutError after 30 s: the lock of a dead
    holder is never released, which is the price of this kind of lock.
    """
    chance = random.Random(f"{place.seed}/{place.number}")

    def acquire() -> None:
        wait_s, deadline = FIRST_WAIT_S, time.monotonic() + PATIENCE_S
        while True:
            try:
                create()
            except FileExistsError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the lock was not free for {PATIENCE_S:.0f} s: did its holder die?") from None
                time.sleep(wait_s * (0.5 + chance.random()))
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            else:
                return

    return acquire
