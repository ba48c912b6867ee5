"""One trial on a fleet: prepare, barrier, write, drain, collect; then the account, made beside the data."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.engines.base import Fleet, Member
from harness.errors import MemberError, SilenceError
from harness.model import Account, Case, Trial
from harness.scenario import strategy_of
from harness.strategies.base import Feature, Strategy

FULL_DISK = "Free space on the storage under test, or lower --records or --record-size"
MESSAGE_LENGTH = 1000
WATCH_S = 3.0
"""between two looks whether the servers of the run still live, while a member is waited for"""
PREPARE_TIMEOUT_S = 120.0
ANALYSE_TIMEOUT_S = 900.0
LEAST_TRIAL_TIMEOUT_S = 60.0
SLOWEST_RECORDS_PER_SECOND = 50
START_MARGIN_NS = 5_000_000
START_MARGIN_PER_MEMBER_NS = 300_000

Reply = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one trial takes place: its directories, as members see them."""

    fleet: Fleet
    trial: Trial

    @property
    def data(self) -> str:
        """On the storage under test."""
        return f"{self.fleet.data[self.trial.case.storage]}/{self.trial.directory}"

    @property
    def read_only_data(self) -> str:
        """The same, through a mount that refuses writes."""
        return f"{self.fleet.read_only[self.trial.case.storage]}/{self.trial.directory}"

    @property
    def journals(self) -> str:
        """Off the storage under test."""
        return f"{self.fleet.journals}/{self.trial.directory}"


def write(ground: Ground) -> Sequence[Reply]:
    """From preparation to the end of the drain, and what ``collect`` says; all that the members replied.

    Observers prepare once the writers have, since what they look at has to be there.
    Raises MemberError for a member that died, was silent or reported an error.
    """
    fleet, case = ground.fleet, ground.trial.case
    strategy = strategy_of(case)
    writers, consumers = fleet.writers[: case.writers], fleet.consumers[: strategy.consumers]
    observers = fleet.observers[: strategy.observers]
    for crew in (writers, consumers):
        for index, member in enumerate(crew):
            member.send(_job(ground, index, len(crew)))
    replies = _ready(fleet, [*writers, *consumers])
    read_only = Feature.READ_ONLY_MOUNTS in strategy.needs
    seen = {"directory": ground.read_only_data if read_only else ground.data, "private": None, "read_only": read_only}
    for index, member in enumerate(observers):
        member.send(_job(ground, index, len(observers)) | seen)
    replies += _ready(fleet, observers)
    start_ns = _start_instant(replies)
    for member in (*observers, *consumers, *writers):
        member.send({"op": "go", "start_ns": start_ns})
    timeout_s = _timeout_s(case)
    replies += [_reply(fleet, member, timeout_s) for member in writers]
    for crew in (consumers, observers):
        for member in crew:
            member.send({"op": "finish"})
        replies += [_reply(fleet, member, timeout_s) for member in crew]
    if type(strategy).collect is not Strategy.collect:
        writers[0].send(_job(ground, 0, case.writers) | {"op": "collect"})
        replies.append(_reply(fleet, writers[0], PREPARE_TIMEOUT_S))
    return replies


def account(ground: Ground) -> Account:
    """The analyser's account of what was written. Raises MemberError."""
    ground.fleet.analyser.send({"op": "account", **_question(ground)})
    return Account.from_document(_reply(ground.fleet, ground.fleet.analyser, ANALYSE_TIMEOUT_S)["account"])


def view(ground: Ground, account: Account) -> Reply:
    """The analyser's answer when it is asked for a view of the trial, which may be that it cannot make one."""
    anomalies = [asdict(anomaly) for anomaly in account.anomalies]
    ground.fleet.analyser.send({"op": "view", **_question(ground), "anomalies": anomalies})
    return ground.fleet.analyser.receive(ANALYSE_TIMEOUT_S)


def remove(ground: Ground) -> None:
    """Delete the trial's files. Raises MemberError."""
    ground.fleet.writers[0].send({"op": "remove", "paths": [ground.data, ground.journals]})
    _reply(ground.fleet, ground.fleet.writers[0], PREPARE_TIMEOUT_S)


def _job(ground: Ground, index: int, count: int) -> dict[str, Any]:
    """What a member is told at first."""
    trial, workload = ground.trial, ground.trial.case.workload
    return {
        "op": "prepare",
        "trial": trial.directory,
        "strategy": trial.case.strategy,
        "options": trial.case.options,
        "index": index,
        "count": count,
        "records": workload.records,
        "record_bytes": [workload.record_bytes_min, workload.record_bytes_max],
        "duration_s": workload.duration_s,
        "seed": trial.seed,
        "amplify": trial.case.amplify,
        "directory": ground.data,
        "journals": ground.journals,
        "services": dict(ground.fleet.addresses),
        "private": ground.fleet.private(index),
    }


def _question(ground: Ground) -> dict[str, Any]:
    """What the analyser is to look at."""
    case = ground.trial.case
    return {
        "directory": ground.data,
        "journals": ground.journals,
        "strategy": case.strategy,
        "options": case.options,
    }


def _ready(fleet: Fleet, members: Sequence[Member]) -> list[dict[str, Any]]:
    """Their replies once they are prepared, each with ``ahead_ns``: the member's clock minus ours."""
    replies = []
    for member in members:
        reply = _reply(fleet, member, PREPARE_TIMEOUT_S)
        replies.append({**reply, "ahead_ns": reply["monotonic_ns"] - time.monotonic_ns()})
    return replies


def _start_instant(ready: Sequence[Mapping[str, Any]]) -> int:
    """The barrier: once all are ready, an instant of the members' own monotonic clock, just ahead.

    Members share a kernel, not necessarily with this process. Their clock minus ours, as seen when a reply
    arrives, is too small by the reply's latency, so the largest difference is the closest.
    """
    ahead_ns = max(reply["ahead_ns"] for reply in ready)
    margin_ns = START_MARGIN_NS + START_MARGIN_PER_MEMBER_NS * len(ready)
    return time.monotonic_ns() + int(ahead_ns) + margin_ns


def _reply(fleet: Fleet, member: Member, timeout_s: float) -> dict[str, Any]:
    """The member's answer. Raises MemberError when it reports an error, died or is silent, or when a server of the run
    has ended, for which it may well wait until the end of its patience."""
    reply = _receive(fleet, member, timeout_s)
    if reply.get("event") == "error":
        message = str(reply.get("message"))[:MESSAGE_LENGTH]
        full = "No space left" in message or "is the volume full" in message
        raise MemberError(member.name, message, FULL_DISK if full else "Run again with -v to see all its messages")
    return reply


def _receive(fleet: Fleet, member: Member, timeout_s: float) -> dict[str, Any]:
    """The member's next line, with a look at the servers, where there are any, from time to time."""
    deadline = time.monotonic() + timeout_s
    while True:
        left_s = max(0.0, deadline - time.monotonic())
        try:
            return member.receive(min(left_s, WATCH_S) if fleet.addresses else left_s)
        except SilenceError as error:
            fleet.check()
            if time.monotonic() >= deadline:
                raise SilenceError(member.name, timeout_s, error.words) from None


def _timeout_s(case: Case) -> float:
    if case.workload.duration_s is not None:
        return LEAST_TRIAL_TIMEOUT_S + 2 * case.workload.duration_s
    return LEAST_TRIAL_TIMEOUT_S + case.writers * case.workload.records / SLOWEST_RECORDS_PER_SECOND
