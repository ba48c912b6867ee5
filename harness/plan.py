"""Which cases run, and in which order: pure and seeded.

Trials of different cases are interleaved, each round in a new order, so that a machine that drifts hits all
cases alike.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness import bounds
from harness.errors import UsageError
from harness.model import Case, Trial, Workload
from harness.scenario import Scenario

RECORDS_PER_SECOND_CAP = 100_000
"""journal rows per writer and second of ``--duration``"""
MAX_JOURNAL_ROWS = 2**22


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says instead of the scenario; None: as the scenario says."""

    writers: int | None = None
    records: int | None = None
    record_bytes: tuple[int, int] | None = None
    trials: int | None = None
    duration_s: float | None = None
    storages: tuple[str, ...] | None = None
    cases: tuple[str, ...] = ()
    amplify: bool = False


def select(chosen: Sequence[Scenario], overrides: Overrides) -> list[Case]:
    """The cases to run, with the overrides applied, once per storage.

    Where cases are named, by their own name or as tables show it, with their scenario's, their controls come along:
    without them there is no verdict. Raises UsageError for impossible values and unknown case names.
    """
    known = [case.name for one in chosen for case in one.cases]
    full = {case.full_name for one in chosen for case in one.cases}
    for name in overrides.cases:
        if name not in known and name not in full:
            raise UsageError(f"no case {name!r}", f"There are: {', '.join(dict.fromkeys(known))}")
    cases = []
    for one in chosen:
        wanted = _with_controls(one, overrides.cases)
        for storage in dict.fromkeys(overrides.storages or one.storages):
            bounds.check_storage(storage, "--storage")
            cases += [_apply(case, overrides, storage) for case in one.cases if case.name in wanted]
    return cases


def trials_of(chosen: Sequence[Scenario], overrides: Overrides) -> int:
    """How many trials each case gets."""
    if overrides.trials is not None:
        return bounds.check_trials(overrides.trials, "--trials")
    return max(one.trials for one in chosen)


def make(cases: Iterable[Case], trials: int, seed: int) -> list[Trial]:
    """All trials in the order in which they run; the same for the same arguments."""
    cases = list(cases)
    plan: list[Trial] = []
    for index in range(trials):
        order = list(cases)
        random.Random(f"{seed}/order/{index}").shuffle(order)
        for case in order:
            own = random.Random(f"{seed}/{case.full_name}/{case.storage}/{index}").getrandbits(32)
            plan.append(Trial(case, index, own, f"trial-{len(plan):05d}"))
    return plan


class Rounds:
    """Whether another round of trials fits into a time limit, if it takes as long as the longest so far.

    Rounds are not cut, so that all cases get the same number of trials; the first is always run.
    """

    def __init__(self, limit_s: float | None, now_s: float) -> None:
        self._end_s = None if limit_s is None else now_s + limit_s
        self._index, self._began_s, self._longest_s = -1, now_s, 0.0

    def admit(self, trial: Trial, now_s: float) -> bool:
        """Whether this trial, the next of the plan, is to run."""
        if trial.index == self._index:
            return True
        if self._index >= 0:
            self._longest_s = max(self._longest_s, now_s - self._began_s)
        self._index, self._began_s = trial.index, now_s
        return self._end_s is None or trial.index == 0 or now_s + self._longest_s <= self._end_s


def _with_controls(one: Scenario, names: tuple[str, ...]) -> set[str]:
    if not names:
        return {case.name for case in one.cases}
    wanted = {case.name for case in one.cases if case.name in names or case.full_name in names}
    return wanted | {control for case in one.cases if case.name in wanted and (control := case.control)}


def _apply(case: Case, overrides: Overrides, storage: str) -> Case:
    workload = case.workload
    if overrides.record_bytes is not None and not case.own_record_bytes:
        low, high = overrides.record_bytes
        workload = replace(workload, record_bytes_min=low, record_bytes_max=high)
    if overrides.records is not None:
        workload = replace(workload, records=overrides.records)
    if overrides.duration_s is not None:
        duration_s = bounds.check_duration(overrides.duration_s, "--duration")
        rows = min(MAX_JOURNAL_ROWS, int(duration_s * RECORDS_PER_SECOND_CAP) + 1)
        records = rows if overrides.records is None else overrides.records
        workload = replace(workload, duration_s=duration_s, records=records)
    bounds.check_workload(workload, "--records, --record-size")
    writers = case.writers
    if overrides.writers is not None and not case.own_writers:
        writers = bounds.check_writers(overrides.writers, "--writers")
    return replace(case, workload=workload, writers=writers, storage=storage, amplify=overrides.amplify)


def largest(cases: Iterable[Case]) -> Workload:
    """The workload with the most records."""
    return max((case.workload for case in cases), key=lambda workload: workload.records)
