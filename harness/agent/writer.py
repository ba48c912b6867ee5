"""The writer: prepares its records, waits at the barrier, runs the timed loop."""

import functools
import gc
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from harness.agent import loop
from harness.agent.protocol import Channel
from harness.strategies import load
from harness.strategies.base import Place, Session
from harness.trace.journal import JournalWriter
from harness.trace.record import encode

BATCH_BYTES = 32 * 2**20
"""records are prepared before the barrier up to this many bytes; beyond it in batches, untimed, in between"""
REMEMBERED_BYTES = 4 * 2**20
"""batches up to this size are kept from trial to trial"""
REMEMBERED_BATCHES = 4


class Prepared:
    """One trial, ready to go: the session is open, the journal mapped, the first batch of records made."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.count: int = job["records"]
        self.end_ns = int(job["duration_s"] * 1e9) if job["duration_s"] else None
        os.makedirs(job["directory"], exist_ok=True)
        os.makedirs(job["journals"], exist_ok=True)
        private = f"/tmp/{job['trial']}-{job['index']}" if job["private"] is None else job["private"]
        os.makedirs(private, exist_ok=True)
        self.place = place_of(job, private)
        self.lengths = _lengths(job)
        self.journal = JournalWriter(job["journals"], job["index"], self.count)
        self.batch_records = max(1, BATCH_BYTES // job["record_bytes"][1])
        self.first_batch = self.make_batch(0)
        self.amplified = amplified(job)
        self.session: Session = load(job["strategy"])(job["options"]).open(self.place)

    def make_batch(self, first: int) -> list[bytes]:
        """The records from ``first`` on, their lengths noted in the journal; empty at the end."""
        last = min(first + self.batch_records, self.count)
        lengths = [next(self.lengths) for _ in range(first, last)]
        for seq, length in enumerate(lengths, first):
            self.journal.length[seq] = length
        if len(set(lengths)) == 1 and sum(lengths) <= REMEMBERED_BYTES:
            return _alike(self.place.number, first, last, lengths[0])
        return [encode(self.place.number, seq, length) for seq, length in enumerate(lengths, first)]


_prepared: list[Prepared] = []


def amplified(job: dict[str, Any]) -> AbstractContextManager[None]:
    """Where steps pause by chance, if the job asks for it. To be called before the strategy is imported."""
    if not job.get("amplify"):
        return nullcontext()
    from harness.agent import amplify  # nobody else is to pay for it

    amplify.install()
    return amplify.on(f"{job['seed']}/amplify/{job['index']}")


@functools.lru_cache(maxsize=REMEMBERED_BATCHES)
def _alike(index: int, first: int, last: int, length: int) -> list[bytes]:
    """Records of one length: the same in every trial, and half of what its preparation takes."""
    return [encode(index, seq, length) for seq in range(first, last)]


def place_of(job: dict[str, Any], private: str, incarnation: int = 0) -> Place:
    """The place that a job describes."""
    services = {name: (host, port) for name, (host, port) in job["services"].items()}
    return Place(
        job["directory"], private, job["index"], job["count"], job["trial"], job["seed"], services, incarnation
    )


def _lengths(job: dict[str, Any]) -> Iterator[int]:
    """Lengths of this writer's records, in bytes, without end; the same for the same seed."""
    low, high = job["record_bytes"]
    if low == high:
        return itertools.repeat(low)
    import random  # slow to import, and most workloads have one size

    chance = random.Random(f"{job['seed']}/{job['index']}")
    return iter(lambda: chance.randint(low, high), None)


def prepare(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Everything that is not timed."""
    _prepared[:] = [Prepared(job)]
    gc.collect()
    gc.freeze()
    return {"event": "ready", "monotonic_ns": time.monotonic_ns(), "guarded": _prepared[0].session.acquire is not None}


def go(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Wait for the start instant, write, and say what came of it."""
    trial = _prepared.pop()
    gc.disable()
    try:
        with trial.amplified:
            outcome = _write(trial, job["start_ns"])
            trial.session.close()
    finally:
        gc.enable()
        trial.journal.close()
    attempted, rejected = outcome
    notes, losses = list(trial.session.notes), dict(trial.session.losses)
    return {"event": "done", "attempted": attempted, "rejected": rejected, "notes": notes, "losses": losses}


def _write(trial: Prepared, start_ns: int) -> tuple[int, int]:
    """The number of records attempted, and of those rejected."""
    batch, seq, rejected = trial.first_batch, 0, 0
    deadline_ns = start_ns + trial.end_ns if trial.end_ns else None
    loop.wait_until(start_ns)
    while batch:
        done, refused = loop.run(trial.session, trial.journal, batch, seq, deadline_ns)
        seq, rejected = seq + done, rejected + refused
        if done < len(batch):
            break
        batch = trial.make_batch(seq)
    return seq, rejected


def collect(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Turn the store's final state into files."""
    note = load(job["strategy"])(job["options"]).collect(place_of(job, "/tmp"))
    return {"event": "collected", "notes": [note] if note else []}


def remove(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Delete the trial's files once they are analysed."""
    import shutil  # slow to import, and only one writer removes

    for path in job["paths"]:
        shutil.rmtree(path, ignore_errors=True)
    return {"event": "removed"}
