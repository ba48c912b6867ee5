"""Result documents: built from what was measured, stored atomically after every trial, read back.

Their schema is harness/result.schema.json, described in docs/result-schema.md. A crash loses at most
the trial in flight.
"""

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__, documents, files, statistics, verdict
from harness.engines.base import EngineInfo
from harness.errors import ExitCode, UsageError
from harness.model import Case, Verdict
from harness.promise import Promise
from harness.scenario import Scenario, strategy_of
from harness.verdict import Control, Judgement, TrialResult

SCHEMA_VERSION = 1
OTHER_VERSION = "Run the scenario again, or read it with the version of the harness that wrote it"
Document = dict[str, Any]


@dataclasses.dataclass(slots=True)
class Run:
    """A run in progress: what was asked for, and the trials so far of each case, by ``key``."""

    id: str
    started: datetime
    seed: int
    command: list[str]
    scenarios: Sequence[Scenario]
    cases: Sequence[Case]
    time_limit_s: float | None = None
    info: EngineInfo | None = None
    trials: dict[tuple[str, str], list[TrialResult]] = dataclasses.field(default_factory=dict)
    rows: dict[tuple[str, str], list[Document]] = dataclasses.field(default_factory=dict)
    """the same as documents, made once each: a run's document is made after every trial"""
    error: str = ""

    def add(self, case: Case, result: TrialResult) -> None:
        """Note a finished trial."""
        self.trials.setdefault(key(case), []).append(result)
        self.rows.setdefault(key(case), []).append(_trial(result))


def key(case: Case) -> tuple[str, str]:
    """What tells the cases of a run apart."""
    return case.full_name, case.storage


def document(run: Run) -> Document:
    """The whole result document of a run, finished or not."""
    judged = [_case(run, case) for case in run.cases]
    _add_relative_cost(run, judged)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "harness", "version": __version__},
        "run": {
            "id": run.id,
            "started": run.started.isoformat(timespec="seconds"),
            "seed": run.seed,
            "command": run.command,
            "time_limit_s": run.time_limit_s,
            "amplified": any(case.amplify for case in run.cases),
            "error": run.error,
        },
        "environment": _environment(run.info),
        "scenario": {
            "name": "+".join(one.name for one in run.scenarios),
            "scenarios": [
                {"name": one.name, "title": one.title, "description": one.description, "baseline": one.baseline}
                for one in run.scenarios
            ],
        },
        "cases": judged,
    }


def judgement(run: Run, case: Case) -> tuple[Judgement, Control | None]:
    """The verdict on one case of a run so far, and how its control did."""
    trials = run.trials.get(key(case), [])
    control = _control(run, case)
    return verdict.judge(case, strategy_of(case).promises, trials, control), control


def _control(run: Run, case: Case) -> Control | None:
    for other in run.cases:
        if other.name == case.control and (other.scenario, other.storage) == (case.scenario, case.storage):
            control = verdict.control_of(other.name, run.trials.get(key(other), []), strategy_of(other).promises)
            return dataclasses.replace(control, skipped=other.skip is not None)
    return None


def _case(run: Run, case: Case) -> Document:
    promises = strategy_of(case).promises
    judged, control = judgement(run, case)
    trials = run.trials.get(key(case), [])
    return {
        "name": case.full_name,
        "description": case.summary,
        "strategy": case.strategy,
        "options": case.options,
        "promises": sorted(promises),
        "storage": case.storage,
        "writers": case.writers,
        "observers": strategy_of(case).observers,
        "workload": dataclasses.asdict(case.workload),
        "expected": case.expected,
        "verdict": judged.verdict,
        "as_expected": verdict.as_expected(case, judged.verdict),
        "reasons": list(judged.reasons),
        "skipped": dataclasses.asdict(case.skip) if case.skip else None,
        "control": dataclasses.asdict(control) if control else None,
        "trials": run.rows.get(key(case), []),
        "summary": _summary(trials, promises),
    }


def _trial(trial: TrialResult) -> Document:
    measured = dataclasses.asdict(trial.account) if trial.account else {}
    return {
        "seed": trial.seed,
        "error": trial.error,
        "rejected": trial.rejected,
        "restarts": trial.restarts,
        **measured,
    }


def _summary(trials: Sequence[TrialResult], promises: frozenset[Promise]) -> Document:
    accounts = [trial.account for trial in trials if trial.account]
    damaged = [verdict.damaged_records(account, promises) for account in accounts]
    attempted = [account.records.attempted for account in accounts]
    seen = [account.reads.total for account in accounts if account.reads]
    bad_reads = [verdict.damaged_reads(account, promises) for account in accounts if account.reads]
    hit = sum(1 for account in accounts if verdict.broken_promises(account, promises))
    count = len(accounts)
    return {
        "damaged_records": sum(damaged),
        "damage_rate": _mean_share(damaged, attempted) if count else None,
        "damage_rate_interval": list(statistics.rate_interval(damaged, attempted)) if count else None,
        "damaged_reads": sum(bad_reads),
        "read_damage_rate": _mean_share(bad_reads, seen) if seen else None,
        "read_damage_rate_interval": list(statistics.rate_interval(bad_reads, seen)) if seen else None,
        "damaged_trials": hit,
        "trials": count,
        "trial_rate_interval": list(statistics.proportion_interval(hit, count)) if count else None,
        "records_per_second": statistics.median([account.records_per_second for account in accounts]),
        "latency_us": {
            name: statistics.median([getattr(account.latency_us, name) for account in accounts])
            for name in ("p50", "p95", "p99", "p999", "max")
        },
        "relative_cost": None,
    }


def _mean_share(parts: Sequence[int], wholes: Sequence[int]) -> float:
    """Mean over trials of part by whole."""
    shares = [part / whole if whole else 0.0 for part, whole in zip(parts, wholes, strict=True)]
    return sum(shares) / len(shares)


def _add_relative_cost(run: Run, judged: Sequence[Document]) -> None:
    """Time per record relative to the scenario's baseline on the same storage; None for other record sizes."""
    baselines = {one.name: f"{one.name}/{one.baseline}" for one in run.scenarios if one.baseline}
    by_key = {(case["name"], case["storage"]): case for case in judged}
    for case in judged:
        base = by_key.get((baselines.get(case["name"].split("/")[0], ""), case["storage"]))
        if base is None or not _same_bytes(base, case):
            continue
        own, bare = case["summary"]["records_per_second"], base["summary"]["records_per_second"]
        case["summary"]["relative_cost"] = bare / own if bare and own else None


def _same_bytes(one: Document, other: Document) -> bool:
    return all(one["workload"][k] == other["workload"][k] for k in ("record_bytes_min", "record_bytes_max"))


def _environment(info: EngineInfo | None) -> Document:
    if info is None:
        return {}
    return {
        "engine": info.name,
        "engine_version": info.version,
        "kernel": info.kernel,
        "cpus": info.cpus,
        "filesystem": dict(info.filesystems),
        "image": info.image,
    }


class Store:
    """The folder of one run, ``<root>/<scenario>/<UTC time>/``."""

    def __init__(self, root: Path, scenario: str, started: datetime) -> None:
        """Make the folder. Raises UsageError when that is impossible."""
        name = scenario if len(scenario) <= 100 else f"{scenario[:90]}-and-more"
        stamp = started.strftime("%Y%m%dT%H%M%S")
        try:
            self.folder = _fresh(root / name, stamp)
        except OSError as error:
            raise UsageError(
                f"cannot write results to {root}: {error.strerror}", "Name another folder with --results"
            ) from None
        self.path = self.folder / "result.json"

    def write(self, result: Mapping[str, Any], final: bool = True) -> None:
        """Replace the stored document, whole or not at all.

        One that is not ``final`` is written for the case of a crash of this process, and so neither for people
        (indented) nor against loss of power: that would take longer than a trial. Raises HarnessError; the document
        that was there then stays.
        """
        fresh = self.path.with_suffix(".json.new")
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(json.dumps(result, indent=1 if final else None) + "\n")
                if final:
                    file.flush()
                    os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise files.cannot_write(error, self.folder) from error

    def discard_if_empty(self) -> None:
        """Remove the folder when nothing was stored in it, and the one above when it holds no other run."""
        for folder in (self.folder, self.folder.parent):
            with contextlib.suppress(OSError):  # not empty, or gone
                folder.rmdir()


def _fresh(parent: Path, stamp: str) -> Path:
    """A new folder; runs of one second get a counter."""
    for number in range(1000):
        folder = parent / (f"{stamp}Z" if number == 0 else f"{stamp}Z-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if parent.is_dir():
                continue
            raise
        return folder
    raise FileExistsError(17, "too many runs in one second", str(parent))


def load(path: Path) -> Document:
    """A stored document: a result file, or a run's folder. Raises UsageError."""
    file = path / "result.json" if path.is_dir() else path
    loaded: Document = documents.read(file, "result", "Name a run's folder or its result.json")
    if not isinstance(loaded, dict) or loaded.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(f"{file} is no result of schema version {SCHEMA_VERSION}", OTHER_VERSION)
    return loaded


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def unexpected(result: Mapping[str, Any]) -> list[Document]:
    """The cases that did not come out as expected; a skipped one never does."""
    return [case for case in result["cases"] if not case["as_expected"]]


def skipped(result: Mapping[str, Any]) -> list[Document]:
    """The cases that could not run on this host."""
    return [case for case in result["cases"] if case["verdict"] == Verdict.SKIPPED]


def worst_exit(result: Mapping[str, Any], allow_skipped: bool = False) -> int:
    """The exit code that the verdicts call for: damage where safe was expected, else inconclusive, else as expected.

    What was skipped showed nothing, and a build must not be green for it: inconclusive, unless that is allowed. Where
    all was skipped nothing was shown at all, and there is nothing to allow.
    """
    if len(skipped(result)) == len(result["cases"]):
        return ExitCode.INCONCLUSIVE
    left_out = skipped(result) if allow_skipped else []
    off = [case for case in unexpected(result) if case not in left_out]
    if any(case["verdict"] == Verdict.UNSAFE for case in off):
        return ExitCode.DAMAGE
    return ExitCode.INCONCLUSIVE if off else ExitCode.AS_EXPECTED
