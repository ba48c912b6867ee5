"""The table of what observers saw, for the cases that have any: one row each, its columns sum to the reads."""

from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

Document = Mapping[str, Any]
TORN = ("empty", "partial", "mixed", "foreign", "missing")
HEADERS = (
    "observers", "published", "super-\nseded", "reads", "whole", *TORN, "absent", "re-\njected", "of whole:\nstale",
    "overlapped a\npublication",
)  # fmt: skip


def table(named: Sequence[tuple[str, Document]]) -> str:
    """Sums over the trials of each case, by its name; empty where nobody observed."""
    rows = [found for name, case in named if (found := row(name, case))]
    if not rows:
        return ""
    alignment = ["left"] + ["right"] * len(HEADERS)
    return tabulate(rows, ("case", *HEADERS), tablefmt="simple", disable_numparse=True, colalign=alignment)


def row(name: str, case: Document) -> list[str]:
    """One case's row, empty where nobody observed."""
    trials = [trial for trial in case["trials"] if trial.get("reads")]
    if not trials:
        return []

    def total(part: str, count: str) -> int:
        return sum(trial[part][count] for trial in trials)

    reads = total("reads", "total")
    seen = ("whole", *TORN, "absent", "rejected", "stale")
    overlapped = total("reads", "overlapped") / reads if reads else 0.0
    return [
        name,
        str(case["observers"]),
        str(total("records", "acknowledged")),
        str(total("records", "superseded")),
        str(reads),
        *(str(total("reads", one)) for one in seen),
        f"{overlapped:.0%}",
    ]
