"""Plots that stand in the rows of a table, as SVG without a script: damage and cost with intervals, latencies.

All rows of a column share one scale, which its head shows. Colours are classes, so that light, dark and print differ
in the style sheet only.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.report import cells
from harness.report.html.markup import tag, text

WIDTH, HEIGHT = 190, 30
INSET = 8
MIDDLE = HEIGHT / 2
RATE_TICKS = (0.0, 0.01, 0.1, 0.5, 1.0)
Scale = Callable[[float], float]


def _within(share: float) -> float:
    return round(INSET + min(max(share, 0.0), 1.0) * (WIDTH - 2 * INSET), 2)


def rate_scale(rate: float) -> float:
    """Square root: small rates differ visibly, and 0 has its place."""
    return _within(math.sqrt(rate))


def log_scale(low: float, high: float) -> Scale:
    """Logarithmic between two positive values."""
    span = math.log10(high / low) or 1.0
    return lambda value: _within(math.log10(max(value, low) / low) / span)


def decades(low: float, high: float) -> list[float]:
    """Powers of ten that enclose two positive values, with both ends."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


def head(scale: Scale, ticks: Sequence[tuple[float, str]]) -> str:
    """The axis of a column."""
    marks = []
    for value, label in ticks:
        at = scale(value)
        anchor = "start" if at < 2 * INSET else "end" if at > WIDTH - 2 * INSET else "middle"
        place = at if anchor == "middle" else at - 4 if anchor == "start" else at + 4
        marks.append(tag("text", text(label), x=round(place, 2), y=10, text_anchor=anchor, class_="tick"))
        marks.append(tag("line", x1=at, x2=at, y1=13, y2=18, class_="grid"))
    return _svg(*marks, height=18, hidden=True)


def _svg(*children: str, height: float = HEIGHT, label: str = "", hidden: bool = False) -> str:
    box = f"0 0 {WIDTH} {height:g}"
    if hidden:
        return tag("svg", *children, viewBox=box, width=WIDTH, height=height, class_="plot", aria_hidden="true")
    return tag("svg", *children, viewBox=box, width=WIDTH, height=height, class_="plot", role="img", aria_label=label)


def _grid(scale: Scale, ticks: Sequence[float]) -> str:
    return "".join(tag("line", x1=scale(t), x2=scale(t), y1=0, y2=HEIGHT, class_="grid") for t in ticks)


def _interval(scale: Scale, interval: Sequence[float] | None, class_: str) -> str:
    if interval is None:
        return ""
    low, high = map(scale, interval)
    path = f"M{low} {MIDDLE}H{high}M{low} {MIDDLE - 4}v8M{high} {MIDDLE - 4}v8"
    return tag("path", d=path, class_=f"interval {class_}")


def damage(summary: Mapping[str, Any], label: str) -> str:
    """The damage rate and its interval; a diamond where there was damage, a circle where there was none.

    Empty where nothing was damaged and yet a promise was broken, such as mutual exclusion.
    """
    found = cells.damage(summary)
    if found is None or (not found[0] and summary["damaged_trials"]):
        return ""
    rate, interval = found
    kind = "bad" if rate > 0 else "good"
    at = rate_scale(rate)
    if rate > 0:
        mark = tag("path", d=f"M{at} {MIDDLE - 6}l6 6l-6 6l-6 -6z", class_="mark bad")
    else:
        mark = tag("circle", cx=at, cy=MIDDLE, r=4.5, class_="mark good")
    return _svg(_grid(rate_scale, RATE_TICKS), _interval(rate_scale, interval, kind), mark, label=label)


def cost(found: Mapping[str, Any] | None, scale: Scale, ticks: Sequence[float], label: str) -> str:
    """Relative cost with its interval, and a faint dot for each trial."""
    if found is None:
        return ""
    dots = "".join(tag("circle", cx=scale(one), cy=MIDDLE, r=2.5, class_="dot") for one in found["trials"])
    at = scale(found["ratio"])
    mark = tag("rect", x=at - 4, y=MIDDLE - 4, width=8, height=8, class_="mark plain")
    return _svg(_grid(scale, ticks), dots, _interval(scale, found["interval"], "plain"), mark, label=label)


def latency(
    view: Mapping[str, Any] | None, latency_us: Mapping[str, float], scale: Scale, ticks: Sequence[float], label: str
) -> str:
    """The distribution of one trial as an area, with the quantiles of all trials as marks."""
    shape = "" if view is None else _area(view["latency"], scale)
    marks = "".join(
        tag("line", x1=scale(latency_us[name]), x2=scale(latency_us[name]), y1=top, y2=HEIGHT - 1, class_="quantile")
        for name, top in (("p50", 4), ("p99", 12), ("max", 20))
        if latency_us[name] > 0
    )
    return _svg(_grid(scale, ticks), shape, marks, label=label)


def _area(latency_: Mapping[str, Any], scale: Scale) -> str:
    counts = latency_["counts"]
    highest = max(counts, default=0)
    if not highest:
        return ""
    base, lowest, per_decade = HEIGHT - 1, latency_["lowest_us"], latency_["bins_per_decade"]
    path = []
    for index, count in enumerate(counts):
        if not count:
            continue
        left, right = (scale(lowest * 10 ** ((index + step) / per_decade)) for step in (0, 1))
        top = base - max(1.0, (base - 3) * math.sqrt(count / highest))
        path.append(f"M{left} {base}V{top:.1f}H{right}V{base}z")
    return tag("path", d="".join(path), class_="area")
