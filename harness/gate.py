"""From a result to a gate's decision: which cases pass, which do not and why, and how the program ends. Pure.

Correctness always gates: damage fails, and whatever was not shown (a lost control, a case skipped or gone
since the baseline) is inconclusive and never green. Speed gates only when asked for, and only on what the
trials prove: the lower bound of the slowdown, not its estimate.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from harness import slowdown
from harness.baseline import Baseline, BaselineCase
from harness.errors import ExitCode
from harness.model import Verdict
from harness.scenario import Scenario
from harness.slowdown import Slowdown

Document = Mapping[str, Any]
MOST_SLOWDOWN = 1000.0
MOST_NAMED = 10


class Status(StrEnum):
    """What became of one case, the gravest first."""

    DAMAGE = "damage"
    SLOWER = "slower"
    LOST_CONTROL = "lost control"
    INCONCLUSIVE = "inconclusive"
    BROKEN_OFF = "broken off"
    """the run ended before all its trials"""
    MISSING = "missing"
    """in the baseline, and not in this run"""
    SKIPPED = "skipped"
    SPEED_UNKNOWN = "speed unknown"
    """asked for, and not to be told"""
    PASSED = "passed"


EXIT_CODES = {Status.DAMAGE: ExitCode.DAMAGE, Status.SLOWER: ExitCode.DAMAGE, Status.PASSED: ExitCode.AS_EXPECTED}
"""all others are inconclusive"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is held to. ``max_slowdown``: the time per record over the baseline's that is still accepted.

    ``narrowed``: only some cases were asked for, by name; those of the baseline that were not are not missing.
    """

    baseline: Baseline | None = None
    max_slowdown: float | None = None
    allow_skipped: bool = False
    narrowed: bool = False
    everything: bool = False
    """no scenario was named, so that all of the baseline's are meant"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one case, and why."""

    name: str
    storage: str
    expected: Verdict
    status: Status
    reasons: tuple[str, ...]
    speed: Slowdown | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the run: its cases in its own order, and what else should be known."""

    decisions: tuple[Decision, ...]
    notes: tuple[str, ...] = ()
    allow_skipped: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """DAMAGE before INCONCLUSIVE before AS_EXPECTED; a run in which no safe case passed showed nothing."""
        codes = {EXIT_CODES.get(one.status, ExitCode.INCONCLUSIVE) for one in self.counted}
        if ExitCode.DAMAGE in codes:
            return ExitCode.DAMAGE
        shown = any(one.status is Status.PASSED and one.expected is Verdict.SAFE for one in self.decisions)
        return ExitCode.AS_EXPECTED if shown and codes == {ExitCode.AS_EXPECTED} else ExitCode.INCONCLUSIVE

    @property
    def counted(self) -> list[Decision]:
        """The decisions that the exit code rests on."""
        return [one for one in self.decisions if not (self.allow_skipped and one.status is Status.SKIPPED)]

    @property
    def failed(self) -> list[Decision]:
        """The decisions that kept the run from passing, the gravest first."""
        order = list(Status)
        return sorted(
            (one for one in self.counted if one.status is not Status.PASSED), key=lambda o: order.index(o.status)
        )

    def count(self, status: Status) -> int:
        """How many cases came out so."""
        return sum(1 for one in self.decisions if one.status is status)


def guarded(scenario: Scenario, also: Collection[str] = ()) -> Scenario:
    """The scenario reduced to what a gate runs: cases expected to be safe, those in ``also``, and their controls."""
    safe = {case.name for case in scenario.cases if case.expected is Verdict.SAFE or case.name in also}
    wanted = safe | {case.control for case in scenario.cases if case.name in safe and case.control}
    return replace(scenario, cases=tuple(case for case in scenario.cases if case.name in wanted))


def once_safe(baseline: Baseline, scenario: str) -> set[str]:
    """Names of the scenario's cases that the baseline knows as safe: they are run whatever is expected of them now."""
    prefix = f"{scenario}/"
    return {
        case.name.removeprefix(prefix)
        for case in baseline.cases.values()
        if case.name.startswith(prefix) and case.verdict is Verdict.SAFE
    }


def decide(document: Document, terms: Terms) -> Decided:
    """What a result document means under these terms."""
    known = terms.baseline.cases if terms.baseline else {}
    decisions = [
        _decision(document, case, known.get((case["name"], case["storage"])), terms) for case in document["cases"]
    ]
    notes = _vacuous(decisions)
    if terms.baseline is not None:
        gone, left_out = _absent(document, terms.baseline, terms)
        decisions += gone
        notes += _notes(document, terms.baseline, left_out) + slowdown.notes(
            [one.speed for one in decisions if one.speed]
        )
    return Decided(tuple(decisions), tuple(notes), terms.allow_skipped)


def _decision(document: Document, case: Document, known: BaselineCase | None, terms: Terms) -> Decision:
    status, reasons = _correctness(case, known, document["run"]["error"])
    decision = Decision(case["name"], case["storage"], Verdict(case["expected"]), status, tuple(reasons))
    if known is None or terms.baseline is None or terms.max_slowdown is None:
        return decision
    if status is not Status.PASSED or decision.expected is not Verdict.SAFE:
        return decision
    speed = slowdown.compare(document, case, terms.baseline, known)
    if isinstance(speed, str):
        return replace(decision, status=Status.SPEED_UNKNOWN, reasons=(speed,))
    if speed.lower > terms.max_slowdown:
        reasons = (f"{speed}; {terms.max_slowdown:g} is the limit",)
        return replace(decision, status=Status.SLOWER, reasons=reasons, speed=speed)
    return replace(decision, speed=speed)


def _correctness(case: Document, known: BaselineCase | None, broke_off: str) -> tuple[Status, Sequence[str]]:
    verdict, expected, reasons = case["verdict"], case["expected"], tuple(case["reasons"])
    if verdict == Verdict.UNSAFE and known is not None and known.verdict is Verdict.SAFE:
        return Status.DAMAGE, (*reasons, _was(case, known))
    if verdict == Verdict.UNSAFE and expected == Verdict.SAFE:
        return Status.DAMAGE, reasons
    if verdict == Verdict.SKIPPED:
        return Status.SKIPPED, reasons
    if broke_off:
        why = f"the run ended before all its trials: {broke_off}"
        return Status.BROKEN_OFF, (why, *(reasons if verdict == Verdict.INCONCLUSIVE else ()))
    if expected == Verdict.UNSAFE and verdict != Verdict.UNSAFE:
        return Status.LOST_CONTROL, (*reasons, _was(case, known)) if known else reasons
    return Status.PASSED if verdict == expected else Status.INCONCLUSIVE, reasons


def _was(case: Document, known: BaselineCase) -> str:
    """What the case was in the baseline, and what it does otherwise now."""
    then, now = (known.strategy, dict(known.options)), (case["strategy"], dict(case["options"]))
    changed = "" if then == now else f", as {_call(*then)}; now {_call(*now)}"
    return f"it was {known.verdict} in the baseline{changed}"


def _call(strategy: str, options: Mapping[str, Any]) -> str:
    told = ", ".join(f"{name}={value}" for name, value in sorted(options.items()))
    return f"{strategy} ({told})" if told else strategy


def _vacuous(decisions: Sequence[Decision]) -> list[str]:
    """Why a run without a problem is not green."""
    fine = all(one.status in (Status.PASSED, Status.SKIPPED) for one in decisions)
    if not fine or any(one.status is Status.PASSED and one.expected is Verdict.SAFE for one in decisions):
        return []
    return ["nothing is shown: no case that is expected to be safe was run"]


def _absent(document: Document, baseline: Baseline, terms: Terms) -> tuple[list[Decision], int]:
    """Cases of the baseline that this run lacks; and how many more it was not asked for."""
    run = {(case["name"], case["storage"]) for case in document["cases"]}
    scenarios = {one["name"] for one in document["scenario"]["scenarios"]}
    absent = sorted(key for key in baseline.cases if key not in run)
    meant = [key for key in absent if not terms.narrowed and (terms.everything or key[0].split("/")[0] in scenarios)]
    reason = "in the baseline, and not in this run: bring it back, or save the baseline again without it"
    missing = [Decision(*key, baseline.cases[key].verdict, Status.MISSING, (reason,)) for key in meant]
    return missing, len(absent) - len(meant)


def _notes(document: Document, baseline: Baseline, left_out: int) -> list[str]:
    notes = []
    if left_out:
        counted = "1 case of the baseline was" if left_out == 1 else f"{left_out} cases of the baseline were"
        notes.append(f"{counted} not asked for")
    fresh = [case["name"] for case in document["cases"] if (case["name"], case["storage"]) not in baseline.cases]
    if fresh:
        more = f" and {len(fresh) - MOST_NAMED} more" if len(fresh) > MOST_NAMED else ""
        notes.append(f"not in the baseline, so only judged by themselves: {', '.join(fresh[:MOST_NAMED])}{more}")
    if difference := slowdown.machines_differ(document["environment"], baseline.environment):
        notes.append(
            f"not the machine of the baseline: {difference}. Verdicts are compared all the same, speeds are not"
        )
    return notes
