"""A stored document as what was measured, trial by trial.

Rates and counts are computed anew from the trials, by the same rules as the verdict: a summary is not taken on trust,
and both sides of a comparison are counted alike whatever version wrote them.
"""

import dataclasses
import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from harness import statistics, verdict
from harness.comparison.model import MeasuredCase, MeasuredRun, Metric
from harness.documents import plain
from harness.errors import UsageError
from harness.model import Account, ByteCounts, HistoryCounts, ReadCounts, RecordCounts, Verdict
from harness.promise import Promise
from harness.verdict import Control

Document = Mapping[str, Any]
Counts = TypeVar("Counts", RecordCounts, ByteCounts, HistoryCounts, ReadCounts)
FOUND = {"name", "description", "verdict", "as_expected", "reasons", "skipped", "control", "trials", "summary"}
"""keys of a case that tell what came out; all others tell what was chosen"""
OWN = {"id", "started", "seed", "command", "error"}
"""keys of a run that differ between any two"""


def measured(document: Document, label: str, path: str, scenario: str | None = None) -> MeasuredRun:
    """A run as measured; only the cases of ``scenario`` where one is named. Raises UsageError when it has none."""
    run = document["run"]
    cases = [case for case in document["cases"] if scenario in (None, scenario_of(case["name"]))]
    if not cases:
        raise UsageError(f"{path} holds no case{f' of scenario {scenario}' if scenario else ''}", "Name another run")
    return MeasuredRun(
        label=label,
        path=path,
        id=plain(run["id"]),
        started=plain(run["started"]),
        seed=run["seed"],
        error=plain(run["error"]),
        setting=dict(
            _flat(
                {
                    **document["environment"],
                    "harness": document["tool"]["version"],
                    **{key: value for key, value in run.items() if key not in OWN},
                }
            )
        ),
        baselines={
            one["name"]: f"{one['name']}/{one['baseline']}"
            for one in document["scenario"]["scenarios"]
            if one["baseline"]
        },
        cases=tuple(_case(case) for case in cases),
    )


def only(run: MeasuredRun, names: Collection[str]) -> MeasuredRun:
    """The run with the named cases, by full name or the part after the slash. Raises UsageError when it has none."""
    chosen = tuple(case for case in run.cases if {case.name, case_part(case.name)} & {*names})
    if not chosen:
        known = [case.name for case in run.cases]
        close = difflib.get_close_matches(next(iter(names)), [*known, *map(case_part, known)], 1)
        raise UsageError(
            f"{run.path} holds no case {' or '.join(map(repr, names))}",
            f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}",
        )
    return dataclasses.replace(run, cases=chosen, left_out=tuple(case for case in run.cases if case not in chosen))


def scenario_of(case_name: str) -> str:
    """The scenario in a case's full name."""
    return case_name.partition("/")[0]


def case_part(case_name: str) -> str:
    """A case's name within its scenario."""
    return case_name.partition("/")[2]


def _case(case: Document) -> MeasuredCase:
    promises = frozenset(Promise(one) for one in case["promises"])
    checked = [trial for trial in case["trials"] if "records" in trial]
    accounts = [_account(trial) for trial in checked]
    damaged, judged = _damage(accounts, promises)
    rates = [bad / all_ if all_ else 0.0 for bad, all_ in zip(damaged, judged, strict=True)]
    control = case["control"]
    return MeasuredCase(
        name=plain(case["name"]),
        storage=plain(case["storage"]),
        verdict=Verdict(case["verdict"]),
        expected=Verdict(case["expected"]),
        reasons=tuple(plain(reason) for reason in case["reasons"]),
        control=Control(**{**control, "name": plain(control["name"])}) if control else None,
        setting=dict(_flat({key: value for key, value in case.items() if key not in FOUND})),
        samples=_samples(checked, rates),
        damage_rate=sum(rates) / len(rates) if rates else None,
        damage_interval=statistics.rate_interval(damaged, judged),
        damaged_trials=sum(1 for account in accounts if verdict.broken_promises(account, promises)),
        trials=len(accounts),
    )


def _damage(accounts: Sequence[Account], promises: Collection[Promise]) -> tuple[list[int], list[int]]:
    """Damaged records of those attempted, by trial; damaged reads of all where observers read, as in a run's table."""
    seen = [account for account in accounts if account.reads]
    if seen:
        return [verdict.damaged_reads(one, promises) for one in seen], [one.reads.total for one in seen if one.reads]
    damaged = [verdict.damaged_records(account, promises) for account in accounts]
    return damaged, [account.records.attempted for account in accounts]


def _samples(trials: Sequence[Document], rates: Sequence[float]) -> dict[Metric, tuple[float, ...]]:
    timed = [trial for trial in trials if "latency_us" in trial and "records_per_second" in trial]
    return {
        Metric.DAMAGE_RATE: tuple(rates),
        Metric.RECORDS_PER_SECOND: tuple(float(trial["records_per_second"]) for trial in timed),
        Metric.P50_US: tuple(float(trial["latency_us"]["p50"]) for trial in timed),
        Metric.P99_US: tuple(float(trial["latency_us"]["p99"]) for trial in timed),
    }


def _account(trial: Document) -> Account:
    """As much of an account as damage is counted by."""
    return Account(
        records=_known(RecordCounts, trial["records"]),
        bytes=_known(ByteCounts, trial.get("bytes", {})),
        history=_known(HistoryCounts, trial.get("history", {})),
        reads=_known(ReadCounts, trial["reads"]) if trial.get("reads") else None,
        causes=dict(trial.get("causes", {})),
    )


def _known(kind: type[Counts], raw: Document) -> Counts:
    """Counts from a document; those of a later version, which this one does not know, are left out."""
    return kind(**{field.name: raw[field.name] for field in dataclasses.fields(kind) if field.name in raw})


def _flat(tree: Document, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of each leaf; lists are leaves, and an empty table has none."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{plain(name)}.")
        else:
            yield f"{prefix}{plain(name)}", plain(value) if isinstance(value, str) else value
