"""The plots of a run as PNG files for documents, drawn by matplotlib.

Imported only when asked for: it is an extra of the package (``plots``), since a run needs none of it. Figures are
made without pyplot, so nothing global is touched and no display is needed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.report.cells import damage
from harness.report.html import data
from harness.views import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Case = Mapping[str, Any]
WRITERS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#6f7378")
"""colours of Okabe and Ito (2008), with grey for black; they repeat"""
GOOD, BAD, INK, SOFT = "#00714f", "#b23c00", "#1c2126", "#59636e"
DPI = 150
COLUMNS = 64
DAMAGE = ("fragment", "extra", "hole", "foreign", "short")
ROW_INCHES = 0.24


def write(result: Mapping[str, Any], views: Mapping[tuple[str, str], View], folder: Path) -> list[Path]:
    """Write the plots; returns their files. Raises UsageError without matplotlib or where nothing can be written."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError("--png needs matplotlib", "Install it: pip install 'shared-volume-harness[plots]'") from None
    cases, _ = data.cases(result, views)
    measured = [case for case in cases if case["summary"]["trials"]]
    with mpl.rc_context({"font.size": 9, "hatch.linewidth": 0.7, "axes.spines.top": False, "axes.spines.right": False}):
        figures = {"damage-and-cost": _overview(measured), "latency": _latencies(measured)} if measured else {}
        for case in measured:
            if case["view"] and case["view"]["files"]:
                figures[f"map-{re.sub('[^A-Za-z0-9.-]+', '-', case['label'])}"] = _map(case)
        return _save(figures, folder)


def _save(figures: Mapping[str, "Figure"], folder: Path) -> list[Path]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in figures.items():
            path = folder / f"{name}.png"
            figure.savefig(path, dpi=DPI)
            written.append(path)
    except OSError as error:
        raise UsageError(
            f"cannot write plots to {folder}: {error.strerror}", "Name another folder with --png"
        ) from None
    return written


def _figure(rows: int, width: float, extra: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, rows * ROW_INCHES + extra), layout="constrained")


def _named_rows(axes: "Axes", cases: Sequence[Case]) -> None:
    axes.set_yticks(range(len(cases)), [case["label"] for case in cases])
    axes.set_ylim(len(cases) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.3)


def _overview(cases: Sequence[Case]) -> "Figure":
    """Damage rate and relative cost, a row per case, with their 95 % intervals."""
    figure = _figure(len(cases), 8.5, 0.9)
    left, right = figure.subplots(1, 2, sharey=True)
    for row, case in enumerate(cases):
        if (found := damage(case["summary"])) is None:
            continue
        rate, interval = found
        colour = BAD if case["summary"]["damaged_trials"] else GOOD
        left.plot([bound**0.5 for bound in interval], [row, row], color=colour, linewidth=1.6, marker="|")
        fill = {"marker": "D"} if rate else {"marker": "o", "markerfacecolor": "white"}
        left.plot([rate**0.5], [row], color=colour, **fill)
        if case["cost"]:
            right.plot(case["cost"]["trials"], [row] * len(case["cost"]["trials"]), ".", color=SOFT, alpha=0.5)
            if case["cost"]["interval"]:
                right.plot(case["cost"]["interval"], [row, row], color=INK, linewidth=1.6, marker="|")
            right.plot([case["cost"]["ratio"]], [row], "s", color=INK, markersize=4)
    left.set_xlim(-0.03, 1.03)
    left.set_xticks([rate**0.5 for rate in (0, 0.01, 0.1, 0.5, 1)], ["0", "1%", "10%", "50%", "100%"])
    left.set_title("damage rate (square-root scale), 95 % interval", fontsize=9)
    right.set_xscale("log")
    right.xaxis.set_major_formatter("{x:g}x")
    right.set_title("cost against the baseline, 95 % interval, trials", fontsize=9)
    _named_rows(left, cases)
    right.grid(axis="x", alpha=0.3)
    return figure


def _latencies(cases: Sequence[Case]) -> "Figure":
    """Latency distributions: the histogram of the viewed trial, the quantiles over all trials."""
    figure = _figure(len(cases), 8.5, 0.9)
    axes = figure.subplots()
    for row, case in enumerate(cases):
        base = row + 0.35
        if case["view"]:
            found = case["view"]["latency"]
            highest = max(found["counts"]) or 1
            edges = [found["lowest_us"] * 10 ** (i / found["bins_per_decade"]) for i in range(len(found["counts"]) + 1)]
            heights = [base - 0.75 * (count / highest) ** 0.5 for count in found["counts"]]
            axes.stairs(heights, edges, baseline=base, fill=True, color=WRITERS[4])
        for name, mark in (("p50", 0.75), ("p99", 0.5), ("max", 0.25)):
            axes.plot([case["summary"]["latency_us"][name]] * 2, [base, base - mark], color=INK, linewidth=1.2)
    times = [case["summary"]["latency_us"] for case in cases]
    axes.set_xscale("log")
    axes.set_xlim(max(min(one["p50"] for one in times) / 10, 0.05), max(one["max"] for one in times) * 3 + 1)
    axes.set_xlabel("µs from attempt to acknowledgement; marks: p50, p99, maximum (shorter in turn)")
    _named_rows(axes, cases)
    return figure


def _map(case: Case) -> "Figure":
    """The file map: each cell in the colours of the writers whose bytes stand in it, damage hatched."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Patch, Rectangle

    view = case["view"]
    shown = [one for one in view["files"] if one["bytes"]][:8] or view["files"][:1]
    rows = [-(-len(one["owners"]) // COLUMNS) for one in shown]
    figure = _figure(sum(rows), 8.5, 1.1 + 0.3 * len(shown))
    grid = figure.subplots(len(shown), 1, squeeze=False, height_ratios=rows)[:, 0]
    for axes, one, height in zip(grid, shown, rows, strict=True):
        boxes = [Rectangle((i % COLUMNS, i // COLUMNS), 0.94, 0.9) for i in range(len(one["owners"]))]
        stripes = [stripe for i in range(len(boxes)) for stripe in _stripes(one, i)]
        axes.add_collection(PatchCollection(boxes, facecolors="#d0d0d0", linewidths=0))
        axes.add_collection(
            PatchCollection([Rectangle(*box) for box, _ in stripes], facecolors=[c for _, c in stripes])
        )
        torn = [box for i, box in enumerate(boxes) if any(one[kind][i] for kind in DAMAGE)]
        axes.add_collection(
            PatchCollection(torn, facecolors="none", edgecolors="#000000", hatch="////", linewidths=0.6)
        )
        axes.set(xlim=(-0.2, COLUMNS + 0.2), ylim=(height, -0.2), xticks=[], yticks=[])
        axes.set_title(f"{one['name']}: {one['bytes']:,} bytes, {one['cell_bytes']:,} a cell", fontsize=9, loc="left")
        for spine in axes.spines.values():
            spine.set_visible(False)
    writers = min(view["writers"], len(WRITERS))
    keys = [Patch(color=WRITERS[i], label=f"writer {i}") for i in range(writers)]
    keys.append(Patch(facecolor="white", edgecolor="black", hatch="////", label="damage in the cell"))
    figure.legend(handles=keys, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    figure.suptitle(f"{case['label']}: {case['verdict']}", fontsize=10)
    return figure


def _stripes(file: Mapping[str, Any], cell: int) -> Iterator[tuple[tuple[tuple[float, float], float, float], str]]:
    """The stripes of a cell: place, width and height, and colour."""
    size = min(file["cell_bytes"], file["bytes"] - cell * file["cell_bytes"])
    left = float(cell % COLUMNS)
    for writer, owned in file["owners"][cell]:
        width = 0.94 * owned / size
        yield ((left, float(cell // COLUMNS)), width, 0.9), WRITERS[writer % len(WRITERS)]
        left += width
