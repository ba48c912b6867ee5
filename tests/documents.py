"""Result documents as runs make them, for planted trials: verdicts and sums come from the real code."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import results
from harness.engines.base import EngineInfo
from harness.model import (
    Account,
    Anomaly,
    AnomalyKind,
    ByteCounts,
    Case,
    Contention,
    HistoryCounts,
    Latency,
    RecordCounts,
    Skip,
    Verdict,
    Workload,
)
from harness.scenario import Scenario
from harness.verdict import TrialResult

RECORDS = 100
SPEEDS = (1000.0, 1010.0, 1020.0, 1030.0, 1040.0, 1050.0)
ENGINE = EngineInfo("docker", "20.10", "6.18", 2, {"volume": "ext4", "tmpfs": "tmpfs"}, "image:1")


@dataclass(frozen=True)
class Row:
    """A case as planted: one trial per speed, of which the first ``torn_trials`` have a torn record."""

    name: str
    expected: str = "safe"
    control: str | None = "split"
    torn_trials: int = 0
    speeds: Sequence[float] = SPEEDS
    strategy: str = "flock"
    options: dict[str, Any] = field(default_factory=dict)
    storage: str = "volume"
    records: int = RECORDS
    skip: Skip | None = None
    error: str = ""
    cause: str = "two writes per record"
    excerpt: str = "0010RK_L+>07000"


def control(name: str = "split", torn_trials: int = len(SPEEDS), **planted: Any) -> Row:
    """The pattern that corrupts."""
    row: dict[str, Any] = {"strategy": "append", "options": {"writes": 2}, **planted}
    return Row(name, "unsafe", None, torn_trials, **row)


def result(
    *rows: Row, scenario: str = "mine", engine: EngineInfo | None = ENGINE, error: str = "", amplified: bool = False
) -> dict[str, Any]:
    """The document of a run of one scenario."""
    cases = [
        Case(
            row.name, scenario, row.strategy, row.options, Verdict(row.expected), row.control,
            Workload(row.records), 8, row.storage, f"what {row.name} does", skip=row.skip, amplify=amplified,
        )
        for row in rows
    ]  # fmt: skip
    source = Scenario(scenario, "Mine", "", Path("mine.toml"), 8, 5, ("volume",), None, tuple(cases))
    run = results.Run("id-1", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), 7, ["harness", "check"], [source], cases)
    run.info, run.error = engine, error
    for row, case in zip(rows, cases, strict=True):
        for index, speed in enumerate(() if row.skip else row.speeds):
            run.add(case, _trial(row, index, speed))
    document: dict[str, Any] = json.loads(json.dumps(results.document(run)))
    return document


def _trial(row: Row, index: int, speed: float) -> TrialResult:
    if row.error:
        return TrialResult(index, None, row.error)
    torn = 1 if index < row.torn_trials else 0
    anomaly = Anomaly(AnomalyKind.INTERLEAVED, 400, 200, 1, 2, (3,), row.cause, row.excerpt)
    account = Account(
        RecordCounts(row.records, row.records, row.records - torn, torn),
        ByteCounts(200 * row.records, 200 * row.records),
        history=HistoryCounts(real_time_order=0, mutual_exclusion=0, torn_reads=0, stale_reads=0),
        contention=Contention(5.0, 0.5, row.records // 2),
        latency_us=Latency(1, 2, 3, 4, 5),
        records_per_second=speed,
        fairness=1.0,
        anomalies=(anomaly,) if torn else (),
        causes={row.cause: torn} if torn else {},
    )
    return TrialResult(index, account)
