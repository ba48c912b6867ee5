"""A gate's decision as text: what did not pass and why, speeds where they were asked for, and one closing line."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import click
from tabulate import tabulate

from harness.errors import ExitCode
from harness.gate import Decided, Decision, Status

COLOURS = {Status.PASSED: "green", Status.DAMAGE: "red", Status.SLOWER: "red"}
MEANINGS: Mapping[int, str] = {
    ExitCode.AS_EXPECTED: "as expected",
    ExitCode.DAMAGE: "damage or a regression",
    ExitCode.INCONCLUSIVE: "inconclusive",
}


def render(decided: Decided) -> str:
    """Everything, ending in the line that counts."""
    parts = [*_speeds(decided.decisions), *_problems(decided.failed)]
    parts += [f"note: {note}" for note in decided.notes]
    return "\n".join([*parts, closing(decided)])


def closing(decided: Decided) -> str:
    """How many cases came out how, and the exit code."""
    counts = [(status, decided.count(status)) for status in Status]
    told = ", ".join(f"{count} {click.style(status, fg=_colour(status))}" for status, count in counts if count)
    return f"check: {told or 'nothing was run'}: {MEANINGS[decided.exit_code]} (exit code {decided.exit_code:d})"


def _problems(failed: Sequence[Decision]) -> Iterable[str]:
    """One line per case; cases of one reason share theirs."""
    for (status, reasons), same in groupby(failed, key=lambda one: (one.status, one.reasons)):
        names = ", ".join(dict.fromkeys(one.name for one in same))
        yield f"{click.style(status, fg=_colour(status))}: {names}: {'; '.join(reasons)}"


def _speeds(decisions: Sequence[Decision]) -> Iterable[str]:
    rows = [
        [
            one.name,
            f"{one.speed.then_per_second:,.0f}",
            f"{one.speed.now_per_second:,.0f}",
            f"{one.speed.ratio:.2f}",
            f"{one.speed.lower:.2f}",
            click.style(one.status, fg=_colour(one.status)),
        ]
        for one in decisions
        if one.speed
    ]
    if rows:
        headers = ("case", "records/s\nbaseline", "records/s\nnow", "slowdown", "at least\n(95 %)", "")
        alignment = ["left", *["right"] * 4, "left"]
        yield tabulate(rows, headers, tablefmt="simple", disable_numparse=True, colalign=alignment) + "\n"


def _colour(status: Status) -> str:
    return COLOURS.get(status, "yellow")
