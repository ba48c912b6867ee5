"""Runs a plan on a fleet, trial after trial.

What a trial showed is handed on as soon as it is there, so that
whatever happens later loses nothing.
"""

import contextlib
import logging
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from harness import files, services, views
from harness import trial as trials
from harness.blame import blame_deaths, blame_losses
from harness.engines.base import Engine, Fleet, FleetSpec
from harness.errors import EngineError, MemberError, UsageError, counted
from harness.model import Account, Case, Trial
from harness.plan import Rounds
from harness.scenario import strategy_of
from harness.trace import reads
from harness.trace.journal import JournalHeader
from harness.trial import Ground, Reply
from harness.verdict import TrialResult, audit

log = logging.getLogger("harness.runner")

JOURNAL_SLACK_BYTES = 16 * 2**20
MAX_JOURNAL_BYTES = 8 * 2**30
SERVER_END_S = 0.3


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
    hooks.progress.stage(f"starting {counted(spec.writers, 'writer')} on the {engine.name} engine")
    with engine.start(spec) as fleet:
        hooks.started(fleet)
        for number, trial in enumerate(plan):
            if not rounds.admit(trial, time.monotonic()):
                break
            hooks.progress.trial(number, len(plan), trial)
            try:
                result = _run_trial(fleet, trial, hooks, choice)
            except EngineError as error:
                raise _explained(error, fleet, spec, trial) from None
            hooks.finished(trial, result)
        hooks.progress.stage("removing what was started")


def _explained(error: EngineError, fleet: Fleet, spec: FleetSpec, trial: Trial) -> EngineError:
    """The error with the case that it happened in; where a server has ended, that is what happened."""
    if spec.services:
        time.sleep(SERVER_END_S)  # a member may learn of it before the engine does
        try:
            fleet.check()
        except MemberError as ended:
            error = ended
        except EngineError as unknown:
            log.debug("whether servers live: %s", unknown)
    error.message = f"{trial.case.full_name}: {error.message}"
    return error


def _run_trial(fleet: Fleet, trial: Trial, hooks: Hooks, choice: views.Choice) -> TrialResult:
    ground = Ground(fleet, trial)
    replies = trials.write(ground)
    account = trials.account(ground)
    if hooks.viewed is not None and (why := choice.reason(trial, account, strategy_of(trial.case).promises)):
        _view(ground, account, why, hooks.viewed)
    if hooks.keep_data is not None:
        _keep(ground, hooks.keep_data)
    trials.remove(ground)
    return _result(trial, account, replies)


def _keep(ground: Ground, folder: Path) -> None:
    """Copy the trial's files and journals to the host, all or nothing. Raises HarnessError where they do not fit."""
    journals = folder / "journals"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ground.fleet.export(ground.data, folder)
        ground.fleet.export(ground.journals, journals)
    except BaseException as error:
        for half in (folder, journals):
            shutil.rmtree(half / ground.trial.directory, ignore_errors=True)
        for made in (journals, folder):
            with contextlib.suppress(OSError):
                made.rmdir()  # where it is empty
        if isinstance(error, OSError):
            raise files.cannot_write(error, folder, "--keep-data") from error
        raise


def _view(ground: Ground, account: Account, why: str, viewed: Callable[[views.View], None]) -> None:
    """Hand on a view of the trial. Where none can be made the run goes on: a picture is no result."""
    began_s = time.monotonic()
    reply = trials.view(ground, account)
    if reply.get("event") == "view":
        viewed(views.titled(reply["view"], ground.trial, why))
        log.debug("the view of %s took %.0f ms", ground.trial.case.full_name, (time.monotonic() - began_s) * 1e3)
    else:
        log.warning("no view of %s could be made: %s", ground.trial.case.full_name, reply.get("message"))


def _result(trial: Trial, account: Account, replies: Sequence[Reply]) -> TrialResult:
    """The account, held against what the members themselves reported, with the causes that only they know."""
    attempted, rejected, restarts, seen = (
        sum(reply.get(word, 0) for reply in replies) for word in ("attempted", "rejected", "restarts", "reads")
    )
    unfit = dict.fromkeys(reply["unfit"] for reply in replies if "unfit" in reply)
    error = "; ".join(unfit) or audit(account, attempted, attempted - rejected, seen)
    if error:
        return TrialResult(trial.seed, None, error, rejected, restarts)
    if not all(reply.get("guarded", True) for reply in replies):
        account = _not_all_guarded(account)
    notes = dict.fromkeys(note for reply in replies for note in reply.get("notes", ()))
    losses: Counter[str] = Counter()
    for reply in replies:
        losses.update(reply.get("losses", {}))
    blamed = blame_losses(blame_deaths(account, restarts), losses)
    noted = replace(blamed, notes=(*account.notes, *notes))
    return TrialResult(trial.seed, noted, "", rejected, restarts)


def _not_all_guarded(account: Account) -> Account:
    """The account of a trial in which some writers told of no critical sections: none that were told overlap, and that
    says nothing of the others."""
    if account.history.mutual_exclusion:
        return account
    return replace(account, history=replace(account.history, mutual_exclusion=None))
