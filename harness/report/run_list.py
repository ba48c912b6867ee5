"""The stored runs, for ``harness results``: one line each, and none that hides the others."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from harness import documents, results
from harness.errors import ExitCode, UsageError
from harness.model import Verdict
from harness.report.cells import COLOURS

HEADERS = (
    "started (UTC)",
    "scenario",
    "cases",
    "safe",
    "unsafe",
    "incon-\nclusive",
    "skip-\nped",
    "engine",
    "ended",
    "folder",
)
STATES = {
    ExitCode.AS_EXPECTED: "as expected",
    ExitCode.DAMAGE: "damage",
    ExitCode.INCONCLUSIVE: "inconclusive",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.ENGINE: "engine failure",
}
INTERRUPTED = "interrupted"
"""the run's ``error`` after Ctrl-C"""
COUNTED = (Verdict.SAFE, Verdict.UNSAFE, Verdict.INCONCLUSIVE, Verdict.SKIPPED)


def document(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """One object per run in the same order; one with only ``path`` and ``unreadable`` for a broken file."""
    return [_run(path) for path in paths]


def render(runs: Sequence[dict[str, Any]]) -> str:
    """The same as a table."""
    rows = [_row(run) for run in runs]
    aligned = ["left", "left", *["right"] * 5, *["left"] * 3]
    return tabulate(rows, HEADERS, tablefmt="simple", disable_numparse=True, colalign=aligned)


def _run(path: Path) -> dict[str, Any]:
    try:
        found = results.load(path)
        ended = _ended(found)
        return {
            "path": str(path),
            "id": found["run"]["id"],
            "started": found["run"]["started"],
            "scenario": found["scenario"]["name"],
            "cases": len(found["cases"]),
            "verdicts": {one: Counter(case["verdict"] for case in found["cases"])[one] for one in Verdict},
            "engine": found["environment"].get("engine"),
            "exit_code": int(ended),
            "ended": STATES[ended],
            "error": found["run"]["error"],
        }
    except UsageError as error:
        return {"path": str(path), "unreadable": error.message}
    except (KeyError, TypeError, AttributeError):
        return {"path": str(path), "unreadable": f"{path} is no result of schema version {results.SCHEMA_VERSION}"}


def _ended(found: results.Document) -> ExitCode:
    if found["run"]["error"]:
        return ExitCode.INTERRUPTED if found["run"]["error"] == INTERRUPTED else ExitCode.ENGINE
    return ExitCode(results.worst_exit(found))


def _row(run: dict[str, Any]) -> list[str]:
    path = Path(run["path"])
    if "unreadable" in run:
        scenario, unreadable = path.parent.parent.name, click.style("unreadable", fg="red")
        return ["-", scenario, *["-"] * 6, unreadable, str(path.parent)]
    counts = {one: run["verdicts"][one] for one in COUNTED}
    coloured = [click.style(str(count), fg=COLOURS[one]) if count else "0" for one, count in counts.items()]
    when = documents.plain(str(run["started"])).replace("T", " ").removesuffix("+00:00")
    ended = click.style(run["ended"], fg=None if run["exit_code"] == ExitCode.AS_EXPECTED else "red")
    scenario, engine = (documents.plain(str(run[key] or "-")) for key in ("scenario", "engine"))
    return [when, scenario, str(run["cases"]), *coloured, engine, ended, str(path.parent)]
