"""The result table and the findings under it, as text."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from tabulate import tabulate

from harness.model import AnomalyKind, Verdict
from harness.promise import Promise
from harness.report import reads
from harness.report.cells import COLOURS, damage_text

Document = Mapping[str, Any]
OUTCOMES = ("intact", "interleaved", "truncated", "lost", "duplicated", "reordered")
HEADERS = (
    "case", "verdict", "records", "intact", "inter-\nleaved", "trun-\ncated", "lost", "dupli-\ncated", "re-\nordered",
    "damage rate\n[95 % interval]", "damaged\ntrials", "records/s", "cost", "p50\nµs", "p99\nµs",
)  # fmt: skip
MOST_ANOMALIES = 3
AMPLIFIED = (
    "AMPLIFIED: writers yielded and slept at random between their steps; rates and times are not those of ordinary use"
)
BREAKS = {
    AnomalyKind.INTERLEAVED: Promise.INTACT,
    AnomalyKind.TRUNCATED: Promise.INTACT,
    AnomalyKind.PHANTOM: Promise.INTACT,
    AnomalyKind.TORN_COPY: Promise.INTACT,
    AnomalyKind.HOLE: Promise.INTACT,
    AnomalyKind.FOREIGN: Promise.INTACT,
    AnomalyKind.LOST: Promise.NO_LOSS,
    AnomalyKind.DUPLICATED: Promise.NO_DUPLICATES,
    AnomalyKind.REORDERED: Promise.WRITER_ORDER,
    AnomalyKind.REAL_TIME_ORDER: Promise.REAL_TIME_ORDER,
    AnomalyKind.MUTUAL_EXCLUSION: Promise.MUTUAL_EXCLUSION,
    AnomalyKind.TORN_READ: Promise.NO_TORN_READS,
    AnomalyKind.STALE_READ: Promise.FRESH_READS,
}
"""which promise an anomaly breaks"""


def render(result: Document) -> str:
    """The table, why each case came out as it did, and what ran where."""
    header = [AMPLIFIED, ""] if result["run"]["amplified"] else []
    parts = [*header, table(result), "", *_observed(result["cases"]), *findings(result["cases"]), "", footer(result)]
    return "\n".join(parts)


def _observed(cases: Sequence[Document]) -> list[str]:
    several = _several_storages(cases)
    text = reads.table([(_name(case, several), case) for case in cases])
    return [text, ""] if text else []


def table(result: Document) -> str:
    """One row per case."""
    several = _several_storages(result["cases"])
    rows = [_row(case, several) for case in result["cases"]]
    return tabulate(rows, HEADERS, tablefmt="simple", disable_numparse=True, colalign=_alignment())


def _alignment() -> list[str]:
    return ["left"] * 2 + ["right"] * (len(HEADERS) - 2)


def _row(case: Document, several_storages: bool) -> list[str]:
    if case["skipped"]:
        return [_name(case, several_storages), _verdict(case), *["-"] * (len(HEADERS) - 2)]
    counts = {name: _sum(case, name) for name in ("attempted", *OUTCOMES)}
    summary = case["summary"]
    cost = summary["relative_cost"]
    return [
        _name(case, several_storages),
        _verdict(case),
        str(counts["attempted"]),
        *(str(counts[outcome]) for outcome in OUTCOMES),
        damage_text(summary),
        f"{summary['damaged_trials']}/{summary['trials']}",
        f"{summary['records_per_second']:,.0f}",
        "-" if cost is None else f"{cost:.2f}",
        f"{summary['latency_us']['p50']:,.0f}",
        f"{summary['latency_us']['p99']:,.0f}",
    ]


def _several_storages(cases: Sequence[Document]) -> bool:
    return len({case["storage"] for case in cases}) > 1


def _name(case: Document, several_storages: bool) -> str:
    return f"{case['name']} ({case['storage']})" if several_storages else str(case["name"])


def _verdict(case: Document) -> str:
    """The verdict, and what was expected where it is something else."""
    verdict = click.style(case["verdict"], fg=COLOURS[Verdict(case["verdict"])])
    told = case["as_expected"] or case["skipped"]
    return verdict if told else f"{verdict}, expected {case['expected']}"


def _sum(case: Document, name: str) -> int:
    return sum(trial["records"][name] for trial in case["trials"] if "records" in trial)


def findings(cases: Sequence[Document]) -> Iterable[str]:
    """Lines that say why each case came out as it did: reasons, causes, the first anomalies, notes."""
    several = _several_storages(cases)
    for case in cases:
        mark = "" if case["as_expected"] or case["skipped"] else f" (expected {case['expected']})"
        colour = COLOURS[Verdict(case["verdict"])]
        yield f"{_name(case, several)}: {click.style(case['verdict'], fg=colour)}{mark}: {'; '.join(case['reasons'])}"
        for cause, count in _causes(case).items():
            yield f"    cause: {cause} ({count} record{'' if count == 1 else 's'})"
        if case["verdict"] == Verdict.UNSAFE:
            for anomaly in _first_anomalies(case):
                yield f"    {_anomaly(anomaly)}"
        for note in sorted({note for trial in case["trials"] for note in trial.get("notes", ())}):
            yield f"    note: {note}"


def _causes(case: Document) -> dict[str, int]:
    """Damaged records per cause over all trials, most frequent first."""
    total: dict[str, int] = {}
    for trial in case["trials"]:
        for cause, count in trial.get("causes", {}).items():
            total[cause] = total.get(cause, 0) + count
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def _first_anomalies(case: Document) -> list[Document]:
    """The first of each kind that breaks a promise, from the first trial that has any."""
    for trial in case["trials"]:
        broken = [one for one in trial.get("anomalies", []) if BREAKS.get(one["kind"]) in case["promises"]]
        if broken:
            kinds = {_sort(one): one for one in reversed(broken)}
            return list(kinds.values())[:MOST_ANOMALIES]
    return []


def _sort(one: Document) -> tuple[str, str]:
    """What counts as one kind: torn reads of different causes are different."""
    return one["kind"], one["cause"].partition(":")[0] if one["kind"] == AnomalyKind.TORN_READ else ""


def _anomaly(one: Document) -> str:
    whose = "" if one["writer"] is None else f" writer {one['writer']} record {one['seq']}"
    where = "" if one["offset"] is None else f" at offset {one['offset']} ({one['length']} bytes)"
    plural = "s" if len(one["others"]) > 1 else ""
    others = f", with writer{plural} {', '.join(map(str, one['others']))}" if one["others"] else ""
    excerpt = f"\n        {one['excerpt']}" if one["excerpt"] else ""
    return f"{one['kind']}{whose}{where}{others}: {one['cause']}{excerpt}"


def footer(result: Document) -> str:
    """What ran where."""
    environment = result["environment"]
    if not environment:
        return "nothing was started"
    systems = ", ".join(f"{storage}: {kind}" for storage, kind in environment["filesystem"].items())
    where = (
        "NO CONTAINERS: the local engine ran the writers as processes of this host"
        if environment["engine"] == "local"
        else f"docker engine {environment['engine_version']}"
    )
    return (
        f"{where} · Linux {environment['kernel']} · {environment['cpus']} CPUs · {systems} · "
        f"seed {result['run']['seed']}"
    )
