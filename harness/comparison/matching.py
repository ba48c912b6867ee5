"""Which case of one run is which case of another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.comparison.measured import case_part, scenario_of
from harness.comparison.model import Key, MeasuredCase, MeasuredRun


@dataclass(frozen=True, slots=True)
class Matched:
    """``common``: cases that two runs or more have, by run. ``alone``: full names of those that one run has."""

    common: Mapping[Key, Mapping[str, MeasuredCase]]
    alone: Mapping[str, tuple[str, ...]]


def match(runs: Sequence[MeasuredRun]) -> Matched:
    """Cases are the same by name and storage; by name alone where each run has it on one storage only.

    Runs of one scenario each that go by different names, yet have the very same cases, are two versions of one: then
    the part after the slash is the name.
    """
    name: Callable[[str], str] = case_part if _versions_of_one(runs) else str
    by_run = {run.label: {(name(case.name), case.storage): case for case in run.cases} for run in runs}
    several = {key[0] for keys in by_run.values() for key in keys if sum(key[0] == one for one, _ in keys) > 1}
    found: dict[Key, dict[str, MeasuredCase]] = {}
    for label, cases in by_run.items():
        for (called, storage), case in cases.items():
            found.setdefault((called, storage if called in several else ""), {})[label] = case
    return Matched(
        common={key: cases for key, cases in found.items() if len(cases) > 1},
        alone={
            run.label: tuple(
                next(iter(cases.values())).name for cases in found.values() if len(cases) == 1 and run.label in cases
            )
            for run in runs
        },
    )


def baseline_of(case: MeasuredCase, run: MeasuredRun) -> MeasuredCase | None:
    """The case that its cost is relative to: of the same run and storage, with records of the same size."""
    wanted = run.baselines.get(scenario_of(case.name))
    for other in (*run.cases, *run.left_out):
        if other.name == wanted and other.storage == case.storage and _record_bytes(other) == _record_bytes(case):
            return other
    return None


def _versions_of_one(runs: Sequence[MeasuredRun]) -> bool:
    scenarios = [{scenario_of(case.name) for case in run.cases} for run in runs]
    parts = [{case_part(case.name) for case in run.cases} for run in runs]
    return all(len(one) == 1 for one in scenarios) and all(one == parts[0] for one in parts)


def _record_bytes(case: MeasuredCase) -> tuple[object, object]:
    return case.setting["workload.record_bytes_min"], case.setting["workload.record_bytes_max"]
