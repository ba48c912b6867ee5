"""What a run showed, as typed and frozen objects for programs, with the assertions that tests make of it.

The same content as the result document, which stays at hand as ``document``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import results
from harness.engines.base import EngineInfo
from harness.errors import ExitCode, UsageError
from harness.model import Latency, Verdict, Workload
from harness.promise import Promise
from harness.runner import account_of
from harness.verdict import Control, TrialResult

Document = Mapping[str, Any]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Summary:
    """A case over all its trials. Rates and shares are 0 to 1, intervals at 95 %; docs/result-schema.md has each."""

    damaged_records: int
    damage_rate: float | None
    damage_rate_interval: Interval | None
    damaged_reads: int
    read_damage_rate: float | None
    read_damage_rate_interval: Interval | None
    damaged_trials: int
    trials: int
    trial_rate_interval: Interval | None
    records_per_second: float
    latency_us: Latency
    relative_cost: float | None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case on one storage. ``name`` is ``scenario/case``."""

    name: str
    description: str
    strategy: str
    options: Mapping[str, Any]
    promises: frozenset[Promise]
    storage: str
    writers: int
    observers: int
    workload: Workload
    expected: Verdict
    verdict: Verdict
    reasons: tuple[str, ...]
    control: Control | None
    trials: tuple[TrialResult, ...]
    summary: Summary

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the scenario names."""
        return self.verdict is self.expected


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run. ``asked`` are the cases that were asked for by name; none: all."""

    cases: tuple[CaseResult, ...]
    environment: EngineInfo | None
    seed: int
    asked: tuple[str, ...]
    stored: Path | None
    document: Document

    @property
    def exit_code(self) -> ExitCode:
        """What ``harness run`` would end with."""
        return ExitCode(results.worst_exit(self.document))

    def case(self, name: str, storage: str | None = None) -> CaseResult:
        """The case of that name, with or without its scenario. Raises UsageError where none or several have it."""
        found = [one for one in self._named((name,)) if storage in (None, one.storage)]
        if len(found) != 1:
            told = ", ".join(f"{one.name} on {one.storage}" for one in found) or f"none on {storage}"
            raise UsageError(f"case {name!r} is not one: {told}", "Say which: scenario/case, and its storage")
        return found[0]

    def assert_safe(self, *cases: str) -> None:
        """Raise AssertionError, with the table and the first anomalies, unless the cases were shown to be safe.

        Without names, those that were asked for in ``run``; without these, all that their scenarios expect to be safe.
        Inconclusive and skipped are not safe.
        """
        __tracebackhide__ = True
        self._require(Verdict.SAFE, self._meant(cases, Verdict.SAFE))

    def assert_unsafe(self, *cases: str) -> None:
        """Likewise, unless the cases were damaged."""
        __tracebackhide__ = True
        self._require(Verdict.UNSAFE, self._meant(cases, Verdict.UNSAFE))

    def assert_as_expected(self) -> None:
        """Likewise, unless every case came out as its scenario expects."""
        __tracebackhide__ = True
        self._complain([one for one in self.cases if not one.as_expected], "not as expected")

    def __str__(self) -> str:
        """The table and all findings, as ``harness run`` prints them."""
        from harness.report import plain

        return plain.render(self.document)

    def _meant(self, names: tuple[str, ...], verdict: Verdict) -> list[CaseResult]:
        __tracebackhide__ = True
        if names or self.asked:
            return self._named(names or self.asked)
        meant = [one for one in self.cases if one.expected is verdict]
        if not meant:
            raise AssertionError(f"no case is expected to be {verdict}: name the one that is meant")
        return meant

    def _named(self, names: Sequence[str]) -> list[CaseResult]:
        __tracebackhide__ = True
        for name in names:
            if not any(name in _names(one) for one in self.cases):
                known = ", ".join(one.name for one in self.cases)
                raise UsageError(f"no case {name!r} was run", f"There are: {known}")
        return [one for one in self.cases if any(name in _names(one) for name in names)]

    def _require(self, verdict: Verdict, meant: Sequence[CaseResult]) -> None:
        __tracebackhide__ = True
        self._complain([one for one in meant if one.verdict is not verdict], f"not shown to be {verdict}")

    def _complain(self, wrong: Sequence[CaseResult], what: str) -> None:
        __tracebackhide__ = True
        if not wrong:
            return
        from harness.report import plain

        told = plain.excerpt(self.document, {(one.name, one.storage) for one in wrong})
        stored = f"\nstored in {self.stored}" if self.stored and self.stored.exists() else ""
        raise AssertionError(f"{', '.join(one.name for one in wrong)}: {what}\n\n{told}{stored}")


def of(document: Document, asked: Sequence[str] = (), stored: Path | None = None) -> RunResult:
    """A result document as objects."""
    environment = document["environment"]
    return RunResult(
        cases=tuple(_case(case) for case in document["cases"]),
        environment=_engine(environment) if environment else None,
        seed=document["run"]["seed"],
        asked=tuple(asked),
        stored=stored,
        document=document,
    )


def _engine(environment: Document) -> EngineInfo:
    return EngineInfo(
        name=environment["engine"],
        version=environment["engine_version"],
        kernel=environment["kernel"],
        cpus=environment["cpus"],
        filesystems=environment["filesystem"],
        image=environment["image"],
    )


def _case(case: Document) -> CaseResult:
    return CaseResult(
        name=case["name"],
        description=case["description"],
        strategy=case["strategy"],
        options=case["options"],
        promises=frozenset(Promise(one) for one in case["promises"]),
        storage=case["storage"],
        writers=case["writers"],
        observers=case["observers"],
        workload=Workload(**case["workload"]),
        expected=Verdict(case["expected"]),
        verdict=Verdict(case["verdict"]),
        reasons=tuple(case["reasons"]),
        control=Control(**case["control"]) if case["control"] else None,
        trials=tuple(_trial(trial) for trial in case["trials"]),
        summary=_summary(case["summary"]),
    )


def _trial(trial: Document) -> TrialResult:
    account = account_of(trial) if not trial["error"] else None
    return TrialResult(trial["seed"], account, trial["error"], trial["rejected"], trial["restarts"])


def _summary(raw: Document) -> Summary:
    intervals = {name: tuple(raw[name]) if raw[name] else None for name in raw if name.endswith("_interval")}
    return Summary(**{**raw, **intervals, "latency_us": Latency(**raw["latency_us"])})


def _names(case: CaseResult) -> tuple[str, str]:
    return case.name, case.name.partition("/")[2]
