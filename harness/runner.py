"""Runs a plan on a fleet: prepare, barrier, write, drain, analyse, remove; trial after trial.

Engines, analysis and strategies meet only here. What a trial showed is handed on as soon as it is there, so that
whatever happens later loses nothing.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from harness import services, views
from harness.engines.base import Engine, Fleet, FleetSpec, Member
from harness.errors import MemberError, UsageError
from harness.model import (
    Account,
    Anomaly,
    AnomalyKind,
    ByteCounts,
    Case,
    Contention,
    HistoryCounts,
    Latency,
    ReadCounts,
    RecordCounts,
    Trial,
)
from harness.plan import Rounds
from harness.scenario import strategy_of
from harness.strategies.base import Feature, Strategy
from harness.trace import reads
from harness.trace.journal import JournalHeader
from harness.verdict import TrialResult, audit

log = logging.getLogger("harness.runner")

CONSUMER_DIED = "consumer died"
LOST_CAUSES = ("written at the same time as others", "run of records missing", "rotation", "unknown")
FULL_DISK = "Free space on the storage under test, or lower --records or --record-size"
PREPARE_TIMEOUT_S = 120.0
ANALYSE_TIMEOUT_S = 900.0
LEAST_TRIAL_TIMEOUT_S = 60.0
SLOWEST_RECORDS_PER_SECOND = 50
START_MARGIN_NS = 5_000_000
START_MARGIN_PER_MEMBER_NS = 300_000
JOURNAL_SLACK_BYTES = 16 * 2**20
MAX_JOURNAL_BYTES = 8 * 2**30


class Progress(Protocol):
    """Who wants to know how far the run is."""

    def stage(self, text: str) -> None:
        """Something longer begins."""

    def trial(self, number: int, total: int, trial: Trial) -> None:
        """A trial begins."""

    def close(self) -> None:
        """The run is over."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the runner calls while it runs."""

    progress: Progress
    started: Callable[[Fleet], None]
    finished: Callable[[Trial, TrialResult], None]
    keep_data: Path | None = None
    time_limit_s: float | None = None
    viewed: Callable[[views.View], None] | None = None


def fleet_spec(run_id: str, cases: Sequence[Case]) -> FleetSpec:
    """What the engine has to start so that every case can run. Raises UsageError when journals would be too large."""
    strategies = [strategy_of(case) for case in cases]
    names = sorted({name for strategy in strategies for name in strategy.services})
    observers = max(strategy.observers for strategy in strategies)
    journal_bytes = max(JournalHeader(0, case.workload.records).file_bytes * case.writers for case in cases)
    journal_bytes += reads.file_bytes(reads.MAX_READS, observers)
    if journal_bytes > MAX_JOURNAL_BYTES:
        raise UsageError(
            f"the journals of one trial would take {journal_bytes / 2**30:.0f} GiB of memory",
            "Lower --records or --writers",
        )
    return FleetSpec(
        run_id=run_id,
        writers=max(case.writers for case in cases),
        consumers=max(strategy.consumers for strategy in strategies),
        observers=observers,
        services=tuple(services.load(name) for name in names),
        network=any(strategy.network for strategy in strategies),
        storages=tuple(dict.fromkeys(case.storage for case in cases)),
        journal_bytes=journal_bytes + JOURNAL_SLACK_BYTES,
    )


def run(engine: Engine, spec: FleetSpec, plan: Sequence[Trial], hooks: Hooks) -> None:
    """All trials of a plan, or as many rounds of them as the time limit allows.

    Raises what stopped it; finished trials were handed on before.
    """
    choice, rounds = views.Choice(), Rounds(hooks.time_limit_s, time.monotonic())
    hooks.progress.stage(f"starting {spec.writers} writers on the {engine.name} engine")
    with engine.start(spec) as fleet:
        hooks.started(fleet)
        for number, trial in enumerate(plan):
            if not rounds.admit(trial, time.monotonic()):
                break
            hooks.progress.trial(number, len(plan), trial)
            hooks.finished(trial, _run_trial(fleet, trial, hooks, choice))
        hooks.progress.stage("removing what was started")


def _run_trial(fleet: Fleet, trial: Trial, hooks: Hooks, choice: views.Choice) -> TrialResult:
    strategy = strategy_of(trial.case)
    data = f"{fleet.data[trial.case.storage]}/{trial.directory}"
    journals = f"{fleet.journals}/{trial.directory}"
    replies = _write(fleet, trial, data, journals)
    if type(strategy).collect is not Strategy.collect:
        job = _job(trial, 0, trial.case.writers, data, journals, fleet.addresses, fleet.private(0))
        fleet.writers[0].send({**job, "op": "collect"})
        replies.append(_reply(fleet.writers[0], PREPARE_TIMEOUT_S))
    question = {
        "directory": data,
        "journals": journals,
        "strategy": trial.case.strategy,
        "options": trial.case.options,
    }
    fleet.analyser.send({"op": "account", **question})
    account = account_of(_reply(fleet.analyser, ANALYSE_TIMEOUT_S)["account"])
    if hooks.viewed is not None and (why := choice.reason(trial, account, strategy.promises)):
        _view(fleet.analyser, trial, account, question, why, hooks.viewed)
    if hooks.keep_data is not None:
        hooks.keep_data.mkdir(parents=True, exist_ok=True)
        fleet.export(data, hooks.keep_data)
        fleet.export(journals, hooks.keep_data / "journals")
    fleet.writers[0].send({"op": "remove", "paths": [data, journals]})
    _reply(fleet.writers[0], PREPARE_TIMEOUT_S)
    attempted, rejected, restarts, seen = (
        sum(reply.get(word, 0) for reply in replies) for word in ("attempted", "rejected", "restarts", "reads")
    )
    unfit = dict.fromkeys(reply["unfit"] for reply in replies if "unfit" in reply)
    error = "; ".join(unfit) or audit(account, attempted, attempted - rejected, seen)
    if error:
        return TrialResult(trial.seed, None, error, rejected, restarts)
    notes = dict.fromkeys(note for reply in replies for note in reply.get("notes", ()))
    losses: Counter[str] = Counter()
    for reply in replies:
        losses.update(reply.get("losses", {}))
    blamed = blame_losses(blame_deaths(account, restarts), losses)
    noted = replace(blamed, notes=(*account.notes, *notes))
    return TrialResult(trial.seed, noted, "", rejected, restarts)


def _view(
    analyser: Member,
    trial: Trial,
    account: Account,
    question: Mapping[str, Any],
    why: str,
    viewed: Callable[[views.View], None],
) -> None:
    """Hand on a view of the trial. Where none can be made the run goes on: a picture is no result."""
    anomalies = [asdict(anomaly) for anomaly in account.anomalies]
    analyser.send({"op": "view", **question, "anomalies": anomalies})
    reply = analyser.receive(ANALYSE_TIMEOUT_S)
    if reply.get("event") == "view":
        viewed(views.titled(reply["view"], trial, why))
    else:
        log.warning("no view of %s could be made: %s", trial.case.full_name, reply.get("message"))


def blame_deaths(account: Account, deaths: int) -> Account:
    """The account with its lost records blamed on consumers that died, where there are no more of them than deaths.

    Only the run knows of the deaths; to the analysis such a record is just gone.
    """
    lost = account.records.lost
    if not 0 < lost <= deaths:
        return account
    return _blamed(account, CONSUMER_DIED, f"{lost} lost, {deaths} consumers died holding one they had taken")


def blame_losses(account: Account, told: Mapping[str, int]) -> Account:
    """The account with its lost records blamed on what members told of, where they told of exactly as many."""
    lost = account.records.lost
    for cause, count in told.items():
        if 0 < lost == count:
            return _blamed(account, cause, f"{lost} lost, and those who handled them know of as many")
    return account


def _blamed(account: Account, cause: str, evidence: str) -> Account:
    """All lost records have this cause."""
    why = f"{cause}: {evidence}"
    anomalies = tuple(replace(one, cause=why) if one.kind is AnomalyKind.LOST else one for one in account.anomalies)
    left = {other: count for other, count in account.causes.items() if other not in LOST_CAUSES}
    return replace(account, anomalies=anomalies, causes={cause: account.records.lost, **left})


def _write(fleet: Fleet, trial: Trial, data: str, journals: str) -> list[dict[str, Any]]:
    """From preparation to the end of the drain; all that the members replied.

    Observers prepare once the writers have, since what they look at has to be there.
    """
    case, strategy = trial.case, strategy_of(trial.case)
    writers, consumers = fleet.writers[: case.writers], fleet.consumers[: strategy.consumers]
    observers = fleet.observers[: strategy.observers]
    for crew in (writers, consumers):
        for index, member in enumerate(crew):
            private = fleet.private(index)
            member.send(_job(trial, index, len(crew), data, journals, fleet.addresses, private))
    replies = _ready([*writers, *consumers])
    read_only = Feature.READ_ONLY_MOUNTS in strategy.needs
    root = fleet.read_only if read_only else fleet.data
    seen = f"{root[case.storage]}/{trial.directory}"
    for index, member in enumerate(observers):
        job = _job(trial, index, len(observers), seen, journals, fleet.addresses, None)
        member.send({**job, "read_only": read_only})
    replies += _ready(observers)
    start_ns = _start_instant(replies)
    for member in (*observers, *consumers, *writers):
        member.send({"op": "go", "start_ns": start_ns})
    timeout_s = _trial_timeout_s(case)
    replies += [_reply(member, timeout_s) for member in writers]
    for crew in (consumers, observers):
        for member in crew:
            member.send({"op": "finish"})
        replies += [_reply(member, timeout_s) for member in crew]
    return replies


def _job(
    trial: Trial,
    index: int,
    count: int,
    data: str,
    journals: str,
    addresses: Mapping[str, tuple[str, int]],
    private: str | None,
) -> dict[str, Any]:
    workload = trial.case.workload
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
        "directory": data,
        "journals": journals,
        "services": dict(addresses),
        "private": private,
    }


def _ready(members: Sequence[Member]) -> list[dict[str, Any]]:
    """Their replies once they are prepared, each with ``ahead_ns``: the member's clock minus ours."""
    replies = []
    for member in members:
        reply = _reply(member, PREPARE_TIMEOUT_S)
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


def _reply(member: Member, timeout_s: float) -> dict[str, Any]:
    """The member's answer. Raises MemberError when it reports an error, died or is silent."""
    reply = member.receive(timeout_s)
    if reply.get("event") == "error":
        message = str(reply.get("message"))
        full = "No space left" in message or "short write" in message
        raise MemberError(member.name, message, FULL_DISK if full else "Run again with -v to see all its messages")
    return reply


def _trial_timeout_s(case: Case) -> float:
    if case.workload.duration_s is not None:
        return LEAST_TRIAL_TIMEOUT_S + 2 * case.workload.duration_s
    return LEAST_TRIAL_TIMEOUT_S + case.writers * case.workload.records / SLOWEST_RECORDS_PER_SECOND


def account_of(raw: Mapping[str, Any]) -> Account:
    """An Account from the dictionary that crossed the channel, or that a result document holds."""
    anomalies = tuple(
        Anomaly(**{**one, "kind": AnomalyKind(one["kind"]), "others": tuple(one["others"])}) for one in raw["anomalies"]
    )
    return Account(
        records=RecordCounts(**raw["records"]),
        bytes=ByteCounts(**raw["bytes"]),
        history=HistoryCounts(**raw["history"]),
        contention=Contention(**raw["contention"]),
        latency_us=Latency(**raw["latency_us"]),
        records_per_second=raw["records_per_second"],
        fairness=raw["fairness"],
        anomalies=anomalies,
        causes=dict(raw["causes"]),
        notes=tuple(raw["notes"]),
        reads=ReadCounts(**raw["reads"]) if raw.get("reads") else None,
    )
