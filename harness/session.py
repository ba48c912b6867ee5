"""One invocation of ``run``: choose the engine, make the plan, run it, judge it, store it.

Between the command line and the runner, so that the Python API and the gate can use the same.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import availability, plan, results, runner, strategies, views
from harness.engines.base import Engine, Fleet
from harness.errors import EngineError, HarnessError, counted
from harness.model import Case, Trial
from harness.results import Run, Store
from harness.scenario import Scenario
from harness.verdict import TrialResult

log = logging.getLogger("harness.session")

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    scenarios: Sequence[Scenario]
    overrides: plan.Overrides
    engine: str
    seed: int
    results: Path
    keep_data: bool
    service_images: Mapping[str, str]
    command: list[str]
    allow_skipped: bool = False
    """cases that this host cannot run do not make the run inconclusive"""
    time_limit_s: float | None = None
    """no round of trials is begun that would end later; the first always is"""
    name: str = ""
    """of the folder of results; else the names of the scenarios"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``error`` stopped the run; the document holds what was measured before."""

    document: results.Document
    stored: Path | None
    error: HarnessError | KeyboardInterrupt | None
    allow_skipped: bool = False

    @property
    def nothing_ran(self) -> bool:
        """Whether this host could run none of the cases."""
        return len(results.skipped(self.document)) == len(self.document["cases"])

    @property
    def exit_code(self) -> int:
        """0, 1 or 3, from the verdicts."""
        return results.worst_exit(self.document, self.allow_skipped)


def run(request: Request, progress: runner.Progress, notice: Notice) -> Outcome:
    """Run the request. Raises UsageError before anything was started; later errors are in the outcome."""
    cases = _chosen(request, notice)
    count = plan.trials_of(request.scenarios, request.overrides)
    run_id = f"{results.now():%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    runner.fleet_spec(run_id, cases)
    state = Run(run_id, results.now(), request.seed, request.command, request.scenarios, cases, request.time_limit_s)
    name = request.name or "+".join(one.name for one in request.scenarios)
    store = Store(request.results, name, state.started)

    def started(fleet: Fleet) -> None:
        state.info = fleet.info()

    def finished(trial: Trial, result: TrialResult) -> None:
        state.add(trial.case, result)
        store.write(results.document(state), final=False)

    def viewed(view: views.View) -> None:
        views.write(store.folder, view)

    keep_data = store.folder / "data" if request.keep_data else None
    hooks = runner.Hooks(progress, started, finished, keep_data, request.time_limit_s, viewed)
    error: HarnessError | KeyboardInterrupt | None = None
    try:
        engine = choose_engine(request.engine, notice, request.service_images)
        state.cases = availability.mark(engine, cases)
        if able := availability.runnable(state.cases):
            runner.run(engine, runner.fleet_spec(run_id, able), plan.make(able, count, request.seed), hooks)
    except (HarnessError, KeyboardInterrupt) as stopped:
        error = stopped
        state.error = str(stopped) or "interrupted"
    finally:
        progress.close()
    done = max((len(trials) for trials in state.trials.values()), default=0)
    if request.time_limit_s is not None and error is None and 0 < done < count:
        notice(f"the time limit of {request.time_limit_s:g} s allowed {done} of {counted(count, 'round')} of trials")
    document = results.document(state)
    if state.info is None and not results.skipped(document):
        store.discard_if_empty()
        return Outcome(document, None, error)
    try:
        store.write(document)
    except HarnessError as unwritten:
        store.discard_if_empty()
        stored = store.path if store.path.exists() else None
        return Outcome(document, stored, error or unwritten, request.allow_skipped)
    return Outcome(document, store.path, error, request.allow_skipped)


def _chosen(request: Request, notice: Notice) -> list[Case]:
    """The cases to run. Raises UsageError."""
    cases = plan.select(request.scenarios, request.overrides)
    for name in sorted({case.strategy for case in cases}):
        strategies.check_name(name)
    has_some = {case.scenario for case in cases}
    for one in request.scenarios:
        if one.name not in has_some:
            notice(f"{one.name}: not run, as it has no case {' or '.join(request.overrides.cases)}")
    return cases


def choose_engine(wanted: str, notice: Notice, service_images: Mapping[str, str] | None = None) -> Engine:
    """The engine by name; ``auto`` takes docker where a daemon answers. Raises EngineError."""
    if wanted in ("auto", "docker"):
        from harness.engines.docker.client import docker_available

        reachable, reason = docker_available()
        if reachable:
            from harness import maintenance
            from harness.engines.docker.engine import DockerEngine

            if left := maintenance.tidy_docker():
                notice(left)
            return DockerEngine(notice, service_images)
        if wanted == "docker":
            raise EngineError(reason)
        notice(f"{reason}. So NO CONTAINERS are used: writers are processes of this host")
    from harness.engines.local import LocalEngine, remove_leftovers

    remove_leftovers()
    return LocalEngine()
