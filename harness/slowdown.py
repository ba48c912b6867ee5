"""Whether a case became slower than its baseline: told only where the trials prove it, and only on the same ground.

Times depend on the machine, so a run on another kernel, engine, file system or number of CPUs is not compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness import statistics
from harness.baseline import Baseline, BaselineCase, speeds

GROUND = {"engine": "engine", "kernel": "kernel", "cpus": "CPUs"}
"""what has to be the same for times to be comparable -> how it is called"""
TAIL = 0.05
"""chance that the lower bound lies above the true slowdown"""
MACHINE_SLOWER = 1.15
LEAST_FOR_MACHINE = 3
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slowdown:
    """Time per record over the baseline's (ratio of medians over trials), and its lower bound, one-sided at 95 %."""

    ratio: float
    lower: float
    then_per_second: float
    now_per_second: float

    def __str__(self) -> str:
        return f"{self.ratio:.2f} times the baseline's time per record, at least {self.lower:.2f}"


def compare(result: Document, case: Document, baseline: Baseline, known: BaselineCase) -> Slowdown | str:
    """How much slower a ``case`` of a ``result`` is than that of the baseline, or why that cannot be told."""
    if why := _not_comparable(result, case, baseline, known):
        return f"speed is not compared: {why}"
    fresh, former = speeds(case), known.records_per_second
    ratio, interval = statistics.median_ratio(former, fresh, confidence=1 - 2 * TAIL)
    if ratio is None or interval is None:
        return (
            f"too few trials to tell a slowdown from chance: {len(former)} in the baseline, {len(fresh)} now; "
            f"{statistics.LEAST_FOR_BOOTSTRAP} each are the least (--trials)"
        )
    return Slowdown(ratio, interval[0], statistics.median(former), statistics.median(fresh))


def machines_differ(now: Document, then: Document) -> str:
    """What tells the machine of a run from that of the baseline, empty where nothing known does."""
    return "; ".join(
        f"{called} {then.get(key)} in the baseline, {now.get(key)} now"
        for key, called in GROUND.items()
        if now and now.get(key) != then.get(key)
    )


def notes(found: Sequence[Slowdown]) -> list[str]:
    """What all slowdowns together say: a machine that is busy slows all cases alike."""
    middle = statistics.median([one.ratio for one in found])
    if len(found) < LEAST_FOR_MACHINE or middle < MACHINE_SLOWER:
        return []
    told = f"in the median of {len(found)} cases a record took {middle:.2f} times the baseline's time"
    return [f"{told}: a machine that is busier or slower looks like this"]


def _not_comparable(result: Document, case: Document, baseline: Baseline, known: BaselineCase) -> str:
    if difference := machines_differ(result["environment"], baseline.environment):
        return difference
    if result["run"]["amplified"] or baseline.amplified:
        return "--amplify changes it"
    then, now = (
        where.get("filesystem", {}).get(case["storage"]) for where in (baseline.environment, result["environment"])
    )
    if then != now:
        return f"file system {then} in the baseline, {now} now"
    if (known.writers, asdict(known.workload)) != (case["writers"], case["workload"]):
        return "the number of writers or their workload is not that of the baseline"
    return ""
