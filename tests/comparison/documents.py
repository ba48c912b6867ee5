"""Result documents with planted trials, made by the program that makes the real ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import comparison, results
from harness.comparison.model import MeasuredRun
from harness.engines.base import EngineInfo
from harness.model import Account, ByteCounts, Case, Contention, HistoryCounts, Latency, RecordCounts, Verdict, Workload
from harness.results import Run
from harness.scenario import Scenario
from harness.verdict import TrialResult

RECORDS = 1000
INFO = EngineInfo(name="docker", version="27.0", kernel="6.1", cpus=4, filesystems={"volume": "ext4"}, image="i:1")
STEADY = (100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0)
SLOW = tuple(value / 2 for value in STEADY)


@dataclass(frozen=True)
class Planted:
    """A case and what its trials show: records per second, and records lost, of each trial."""

    name: str
    speeds: Sequence[float] = STEADY
    lost: Sequence[int] = ()
    strategy: str = "append"
    options: dict[str, Any] = field(default_factory=dict)
    expected: Verdict = Verdict.SAFE
    control: str | None = "control"
    storage: str = "volume"
    writers: int = 8
    workload: Workload = field(default_factory=lambda: Workload(records=RECORDS // 8))


CONTROL = Planted("control", lost=(500,) * 8, expected=Verdict.UNSAFE, control=None)
QUIET_CONTROL = replace(CONTROL, lost=())


def document(
    *cases: Planted, scenario: str = "mine", run_id: str = "one", info: EngineInfo | None = INFO, error: str = ""
) -> Any:
    """The result document of a run in which that was measured; the first case is the baseline."""
    made = [(_case(one, scenario), one) for one in cases]
    source = Scenario(
        scenario, "title", "", Path("mine.toml"), 8, 8, ("volume",), cases[0].name, tuple(case for case, _ in made)
    )
    run = Run(
        run_id, datetime(2026, 11, 1, tzinfo=UTC), 7, ["harness", "run", scenario], [source],
        [case for case, _ in made], info=info, error=error,
    )  # fmt: skip
    for case, planted in made:
        for index, speed in enumerate(planted.speeds):
            lost = planted.lost[index] if index < len(planted.lost) else 0
            run.add(case, TrialResult(index, _account(speed, lost)))
    return json.loads(json.dumps(results.document(run)))


def measured(label: str, *cases: Planted, **more: Any) -> MeasuredRun:
    """The same, as a comparison takes it."""
    return comparison.measured(document(*cases, **more), label, f"results/{label}")


def _case(planted: Planted, scenario: str) -> Case:
    return Case(
        name=planted.name, scenario=scenario, strategy=planted.strategy, options=planted.options,
        expected=planted.expected, control=planted.control, workload=planted.workload, writers=planted.writers,
        storage=planted.storage,
    )  # fmt: skip


def _account(speed: float, lost: int) -> Account:
    intact = RECORDS - lost
    return Account(
        records=RecordCounts(attempted=RECORDS, acknowledged=RECORDS, intact=intact, lost=lost),
        bytes=ByteCounts(total=intact * 200, intact=intact * 200),
        history=HistoryCounts(real_time_order=0, mutual_exclusion=0),
        contention=Contention(10.0, 0.5, RECORDS // 2),
        latency_us=Latency(p50=1000 / speed, p95=2000 / speed, p99=3000 / speed, p999=4000 / speed, max=5000 / speed),
        records_per_second=speed,
        fairness=1.0,
    )
