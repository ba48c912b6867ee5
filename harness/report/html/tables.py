"""The parts of the page that stand without a script: verdicts at a glance, promises, outcomes, environment."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import AnomalyKind, Verdict
from harness.report import matrix, reads
from harness.report.cells import damage, damage_text
from harness.report.html import plots
from harness.report.html.data import OUTCOME_NAMES
from harness.report.html.markup import rows, tag, text
from harness.report.table import BREAKS

Case = Mapping[str, Any]
MOST_LABELS = 4
MARKS = {"✔": "kept", "✘": "broken", "~": "seen", "?": "seen", "-": "zero"}
SYMBOLS = {"safe": "✓", "unsafe": "✕", "inconclusive": "?", "skipped": "-"}


def badge(verdict: str) -> str:
    """A verdict: colour, symbol and word."""
    return tag(
        "span", tag("b", SYMBOLS.get(verdict, "?"), aria_hidden="true"), text(verdict), class_=f"badge {verdict}"
    )


def glance(cases: Sequence[Case]) -> str:
    """One row per case: verdict, damage, cost and latency, each as a plot with its numbers."""
    cost_scale, cost_ticks = _cost_axis(cases)
    time_scale, time_ticks = _time_axis(cases)
    heads = (
        tag("th", "case", scope="col"),
        tag("th", "verdict", scope="col"),
        tag("th", "damage rate, 95 % interval", _rate_head(), scope="col"),
        tag("th", "damaged trials", scope="col", class_="number"),
        tag("th", "records/s", scope="col", class_="number"),
        tag("th", "relative cost, 95 % interval", plots.head(cost_scale, _ratios(cost_ticks)), scope="col"),
        tag("th", "latency: p50, p99, max", plots.head(time_scale, _times(time_ticks)), scope="col"),
    )
    body = rows(_row(index, case, cost_scale, cost_ticks, time_scale, time_ticks) for index, case in enumerate(cases))
    return tag("table", tag("thead", rows([heads])), tag("tbody", body), class_="glance")


def _row(
    index: int,
    case: Case,
    cost_scale: plots.Scale,
    cost_ticks: Sequence[float],
    time_scale: plots.Scale,
    time_ticks: Sequence[float],
) -> list[str]:
    summary, latency_us = case["summary"], case["summary"]["latency_us"]
    rate, cost, times = rate_text(summary), cost_text(case["cost"]), _latency_text(latency_us)
    told = case["as_expected"] or case["verdict"] == Verdict.SKIPPED
    unexpected = "" if told else tag("div", text(f"expected {case['expected']}"), class_="unexpected")
    measured = summary["trials"] > 0
    latency = plots.latency(case["view"], latency_us, time_scale, time_ticks, f"latency {times}") if measured else ""
    return [
        tag("th", tag("a", text(case["label"]), href="#inside", data_case=index), scope="row"),
        tag("td", badge(case["verdict"]), unexpected),
        tag("td", plots.damage(summary, f"damage rate {rate}"), tag("div", text(rate), class_="figures")),
        tag("td", text(f"{summary['damaged_trials']}/{summary['trials']}"), class_="number"),
        tag("td", text(f"{summary['records_per_second']:,.0f}" if measured else "-"), class_="number"),
        tag(
            "td",
            plots.cost(case["cost"], cost_scale, cost_ticks, f"relative cost {cost}"),
            tag("div", text(cost), class_="figures"),
        ),
        tag("td", latency, tag("div", text(times if measured else "-"), class_="figures")),
    ]


def _rate_head() -> str:
    return plots.head(plots.rate_scale, [(rate, f"{rate:.0%}") for rate in plots.RATE_TICKS if rate != 0.01])


def _cost_axis(cases: Sequence[Case]) -> tuple[plots.Scale, list[float]]:
    found = [case["cost"] for case in cases if case["cost"]]
    values = [value for one in found for value in (one["ratio"], *(one["interval"] or ()), *one["trials"]) if value > 0]
    ticks = plots.decades(min([*values, 1.0]), max([*values, 2.0]))
    return plots.log_scale(ticks[0], ticks[-1]), ticks


def _time_axis(cases: Sequence[Case]) -> tuple[plots.Scale, list[float]]:
    times = [case["summary"]["latency_us"] for case in cases]
    low = min((one["p50"] for one in times if one["p50"] > 0), default=1.0)
    ticks = plots.decades(max(low / 10, 0.1), max([one["max"] for one in times] + [10.0]))
    return plots.log_scale(ticks[0], ticks[-1]), ticks


def _ratios(ticks: Sequence[float]) -> list[tuple[float, str]]:
    return [(tick, f"{tick:g}x") for tick in _spaced(ticks)]


def _times(ticks: Sequence[float]) -> list[tuple[float, str]]:
    """Decades, in the unit that fits."""
    return [(tick, duration(tick)) for tick in _spaced(ticks)]


def _spaced(ticks: Sequence[float]) -> Sequence[float]:
    """As many, equally far apart, as there is room for their labels."""
    return ticks[:: -(-len(ticks) // MOST_LABELS)]


def duration(us: float) -> str:
    """Microseconds in the unit that fits, three digits."""
    for unit, size in (("s", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if us >= size:
            return f"{us / size:.3g} {unit}"
    return f"{us * 1e3:.3g} ns"


def rate_text(summary: Mapping[str, Any]) -> str:
    """The damage rate and its interval in words."""
    found = damage(summary)
    if found and not found[0] and summary["damaged_trials"]:
        return "no record: see below"
    return damage_text(summary)


def cost_text(cost: Mapping[str, Any] | None) -> str:
    """The cost and its interval in words."""
    if cost is None:
        return "-"
    if cost["interval"] is None:
        return f"{cost['ratio']:.2f}x"
    low, high = cost["interval"]
    return f"{cost['ratio']:.2f}x [{low:.2f}, {high:.2f}]"


def _latency_text(latency_us: Mapping[str, float]) -> str:
    return ", ".join(duration(latency_us[name]) for name in ("p50", "p99", "max"))


def properties(cases: Sequence[Case]) -> str:
    """The matrix of cases by properties, and what its marks mean."""
    heads = [tag("th", "case", scope="col"), tag("th", "verdict", scope="col")]
    heads += [tag("th", text(_joined(name)), scope="col") for name, _ in matrix.COLUMNS]
    body = [
        [
            tag("th", text(case["label"]), scope="row"),
            tag("td", badge(case["verdict"])),
            *(tag("td", text(one), class_=MARKS.get(one[0])) for one in case["properties"]),
        ]
        for case in cases
    ]
    table = tag("table", tag("thead", rows([heads])), tag("tbody", rows(body)), class_="matrix")
    meanings = [(mark, meaning) for mark, meaning in matrix.LEGEND if mark[0] in MARKS]
    legend = [tag("dt", text(mark)) + tag("dd", text(meaning)) for mark, meaning in meanings]
    return table + tag("dl", *legend, class_="facts")


def outcomes(cases: Sequence[Case]) -> str:
    """Records by outcome, summed over trials; what breaks a promise stands out."""
    breaks = {str(kind): promise for kind, promise in BREAKS.items()}
    breaks["torn_copies"] = BREAKS[AnomalyKind.TORN_COPY]
    heads = [tag("th", "case", scope="col")]
    heads += [tag("th", text(name.replace("_", " ")), scope="col", class_="number") for name in OUTCOME_NAMES]
    body = []
    for case in cases:
        cells = [tag("th", text(case["label"]), scope="row")]
        for name in OUTCOME_NAMES:
            count, broken = case["outcomes"][name], breaks.get(name) in case["promises"]
            kind = "number zero" if not count else "number broken" if broken else "number"
            cells.append(tag("td", text(f"{count:,}"), class_=kind))
        body.append(cells)
    return tag("table", tag("thead", rows([heads])), tag("tbody", rows(body)))


def observed(cases: Sequence[Case]) -> str:
    """What observers saw, for the cases that have any; empty where nobody observed."""
    seen = [(case["label"], case["reads"][1:]) for case in cases if case["reads"]]
    if not seen:
        return ""
    heads = [tag("th", "case", scope="col")]
    heads += [tag("th", text(_joined(name)), scope="col", class_="number") for name in reads.HEADERS]
    body = [
        [tag("th", text(label), scope="row"), *(tag("td", text(value), class_="number") for value in values)]
        for label, values in seen
    ]
    table = tag("table", tag("thead", rows([heads])), tag("tbody", rows(body)))
    title = tag("h2", "What observers read", id="reads-title")
    region = tag("div", table, class_="wide", tabindex=0, role="region", aria_labelledby="reads-title")
    return tag("section", title, region, aria_labelledby="reads-title")


def _joined(header: str) -> str:
    """A table's header on one line."""
    return header.replace("-\n", "").replace("\n", " ")


def environment(result: Mapping[str, Any]) -> str:
    """What made the results."""
    run, where = result["run"], result["environment"]
    filesystems = ", ".join(f"{kind}: {name}" for kind, name in where.get("filesystem", {}).items())
    facts = {
        "engine": f"{where.get('engine', 'none')} {where.get('engine_version', '')}".strip(),
        "kernel": where.get("kernel", ""),
        "processors": where.get("cpus", ""),
        "file systems": filesystems,
        "image": where.get("image", ""),
        "harness": result["tool"]["version"],
        "run": run["id"],
        "started": run["started"],
        "seed": run["seed"],
    }
    listed = [tag("dt", text(name)) + tag("dd", text(value)) for name, value in facts.items() if value != ""]
    return tag("dl", *listed, class_="facts")
