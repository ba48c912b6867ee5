"""What the page embeds: a result document reduced to a bounded size, with a note on whatever was left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness import statistics
from harness.report import matrix, reads
from harness.report.table import OUTCOMES
from harness.views import View

Document = Mapping[str, Any]
OUTCOME_NAMES = ("attempted", *OUTCOMES, "superseded", "indeterminate", "phantom", "torn_copies")
MOST_TRIALS = 200
MOST_ANOMALIES = 8
MOST_CASES = 256


def cases(result: Document, views: Mapping[tuple[str, str], View]) -> tuple[list[dict[str, Any]], list[str]]:
    """The cases for the page, and what it leaves out."""
    found = result["cases"][:MOST_CASES]
    left_out = []
    if len(found) < len(result["cases"]):
        left_out.append(f"{len(result['cases']) - len(found)} of {len(result['cases'])} cases")
    several = len({case["storage"] for case in found}) > 1
    baselines = _baselines(result)
    reduced = [_case(case, views, several, baselines.get((_scenario(case), case["storage"]))) for case in found]
    without = [one["label"] for one in reduced if one["view"] is None and one["trials"]]
    if without:
        left_out.append(f"file map and timeline of {', '.join(without)}: the run stored no view of them")
    return reduced, left_out + _grouped(reduced)


def _grouped(reduced: Sequence[Document]) -> list[str]:
    """What single cases leave out; those that leave out the same share a line."""
    labels: dict[str, list[str]] = {}
    for one in reduced:
        for note in one["left_out"]:
            labels.setdefault(note, []).append(one["label"])
    return [f"{note} ({', '.join(whose)})" for note, whose in labels.items()]


def _scenario(case: Document) -> str:
    return str(case["name"].split("/")[0])


def _baselines(result: Document) -> dict[tuple[str, str], Document]:
    """Scenario and storage -> the case that costs are relative to."""
    names = {f"{one['name']}/{one['baseline']}" for one in result["scenario"]["scenarios"] if one["baseline"]}
    return {(_scenario(case), case["storage"]): case for case in result["cases"] if case["name"] in names}


def _case(
    case: Document, views: Mapping[tuple[str, str], View], several: bool, baseline: Document | None
) -> dict[str, Any]:
    view = views.get((case["name"], case["storage"]))
    trials = case["trials"]
    left_out = list(view["left_out"]) if view else []
    if len(trials) > MOST_TRIALS:
        left_out.append(f"{len(trials) - MOST_TRIALS} of {len(trials)} trials in the table")
    anomalies, more = _anomalies(trials)
    if more:
        left_out.append(f"{more} of {more + len(anomalies)} anomalies that the result holds")
    return {
        "name": case["name"],
        "label": f"{case['name']} ({case['storage']})" if several else case["name"],
        "description": case["description"],
        "verdict": case["verdict"],
        "expected": case["expected"],
        "as_expected": case["as_expected"],
        "reasons": case["reasons"],
        "reads": reads.row(case["name"], case),
        "promises": case["promises"],
        "strategy": _strategy(case),
        "writers": case["writers"],
        "summary": case["summary"],
        "outcomes": outcomes(trials),
        "properties": [
            matrix.NOTHING if case.get("skipped") else str(matrix.cell(case, asked)) for _, asked in matrix.COLUMNS
        ],
        "cost": _cost(case, baseline),
        "causes": _causes(trials),
        "anomalies": anomalies,
        "trials": [_trial(number, trial) for number, trial in enumerate(trials[:MOST_TRIALS])],
        "view": view,
        "left_out": left_out,
    }


def _strategy(case: Document) -> str:
    options = ", ".join(f"{name} = {value!r}" for name, value in sorted(case["options"].items()))
    return f"{case['strategy']} ({options})" if options else str(case["strategy"])


def outcomes(trials: Sequence[Document]) -> dict[str, int]:
    """Records attempted and by outcome, over all trials that were checked."""
    return {
        name: sum(trial["records"].get(name, 0) for trial in trials if not trial["error"]) for name in OUTCOME_NAMES
    }


def _cost(case: Document, baseline: Document | None) -> dict[str, Any] | None:
    """Relative cost with its interval, and that of each trial against the median of the baseline."""
    ratio = case["summary"]["relative_cost"]
    if ratio is None or baseline is None:
        return None
    own, bare = _speeds(case), _speeds(baseline)
    _, interval = (None, None) if case is baseline else statistics.median_ratio(bare, own)
    middle = statistics.median(bare)
    return {"ratio": ratio, "interval": interval, "trials": [middle / speed for speed in own[:MOST_TRIALS]]}


def _speeds(case: Document) -> list[float]:
    speeds = (trial["records_per_second"] for trial in case["trials"] if not trial["error"])
    return [speed for speed in speeds if speed > 0]


def _causes(trials: Sequence[Document]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for trial in trials:
        for cause, count in trial.get("causes", {}).items():
            counts[cause] = counts.get(cause, 0) + count
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _anomalies(trials: Sequence[Document]) -> tuple[list[dict[str, Any]], int]:
    """The first anomalies, kinds in turn, each with its trial; and how many there are beyond."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    total = 0
    for number, trial in enumerate(trials):
        for one in trial.get("anomalies", []):
            total += 1
            same = by_kind.setdefault(one["kind"], [])
            if len(same) < MOST_ANOMALIES:
                same.append({"trial": number, **one, "file": one["file"].rpartition("/")[2]})
    shown: list[dict[str, Any]] = []
    for row in range(MOST_ANOMALIES):
        shown += [same[row] for same in by_kind.values() if row < len(same)]
    return shown[:MOST_ANOMALIES], max(0, total - MOST_ANOMALIES)


def _trial(number: int, trial: Document) -> dict[str, Any]:
    if trial["error"]:
        return {"number": number, "seed": trial["seed"], "error": trial["error"]}
    records = trial["records"]
    return {
        "number": number,
        "seed": trial["seed"],
        "error": "",
        "attempted": records["attempted"],
        "not_intact": records["attempted"] - records["intact"],
        "records_per_second": trial["records_per_second"],
        "overlapped_share": trial["contention"]["overlapped_share"],
        "start_skew_us": trial["contention"]["start_skew_us"],
        "fairness": trial["fairness"],
        "p50": trial["latency_us"]["p50"],
        "p99": trial["latency_us"]["p99"],
        "notes": trial["notes"],
    }
