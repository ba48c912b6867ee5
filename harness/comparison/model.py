"""What a comparison is made of, and what comes out: frozen records, nothing computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.model import Verdict
from harness.statistics import Interval
from harness.verdict import Control

Key = tuple[str, str]
"""what makes two cases the same one: name, and storage where that tells cases apart"""


class Metric(StrEnum):
    """What is compared; one value per trial."""

    DAMAGE_RATE = "damage_rate"
    RECORDS_PER_SECOND = "records_per_second"
    P50_US = "p50_us"
    P99_US = "p99_us"


class Kind(StrEnum):
    """The two questions: which strategy, and what changed."""

    STRATEGIES = "strategies"
    RUNS = "runs"


class Trend(StrEnum):
    """Which way a metric went; ``SAME`` is "no difference that chance could not make"."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "~"


@dataclass(frozen=True, slots=True)
class MeasuredCase:
    """A case as a run measured it. ``setting`` is all that was chosen for it, by dotted name."""

    name: str
    storage: str
    verdict: Verdict
    expected: Verdict
    reasons: tuple[str, ...]
    control: Control | None
    setting: Mapping[str, Any]
    samples: Mapping[Metric, tuple[float, ...]]
    damage_rate: float | None
    damage_interval: Interval
    damaged_trials: int
    trials: int
    """trials that were checked"""


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One run, or the part of it that was asked for. ``setting`` says where it ran, by dotted name."""

    label: str
    path: str
    id: str
    started: str
    seed: int
    error: str
    setting: Mapping[str, Any]
    baselines: Mapping[str, str]
    """scenario -> full name of the case that its costs are relative to"""
    cases: tuple[MeasuredCase, ...]
    left_out: tuple[MeasuredCase, ...] = ()
    """cases that were not asked for; a baseline may be among them"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not alike on both sides; None where a side does not have it."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One metric of one case against its reference.

    ``effect``: for a damage rate the difference of the means over trials; for the others the ratio of medians, minus 1;
    None where there is none. ``p``: Mann-Whitney, two-sided; None where no test was possible.
    ``adjusted_p``: after Holm, over all tests of the comparison. ``too_few``: with so many trials and tests
    none could have come out significant.
    """

    metric: Metric
    before: float
    after: float
    effect: float | None
    interval: Interval | None
    trials: tuple[int, int]
    p: float | None
    adjusted_p: float | None
    trend: Trend
    too_few: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """Time per record as a multiple of the baseline's: ratio of medians over trials; no interval for the baseline."""

    ratio: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Row:
    """A case of a run, and the case of the first run that it is held against, where there is one."""

    key: Key
    run: str
    case: MeasuredCase
    reference: MeasuredCase | None = None
    changes: Mapping[Metric, Change] = field(default_factory=dict)
    unlike: tuple[Difference, ...] = ()
    """of the load, which explain a change without the pattern's doing"""
    altered: tuple[Difference, ...] = ()
    """of the pattern itself: what the comparison may be about"""
    cost: Cost | None = None
    lost_control: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole of it. ``tests`` were corrected for together; ``needs_trials`` each could show a difference."""

    kind: Kind
    runs: tuple[MeasuredRun, ...]
    rows: tuple[Row, ...]
    unlike: Mapping[str, tuple[Difference, ...]]
    """label of a run -> how its surroundings differ from the first run's"""
    unmatched: Mapping[str, tuple[str, ...]]
    """label of a run -> cases that have no counterpart"""
    tests: int
    needs_trials: int
    alpha: float
    confidence: float
