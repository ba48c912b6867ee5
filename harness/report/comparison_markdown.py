"""A comparison as Markdown, for a pull request or a page."""

import click
from tabulate import tabulate

from harness.comparison.model import Comparison
from harness.report.comparison_cells import columns
from harness.report.comparison_findings import findings, legend
from harness.report.comparison_table import TEXT_COLUMNS


def render(comparison: Comparison) -> str:
    """The table in GitHub's form, with the findings as a list below it."""
    shown = columns(comparison)
    table = tabulate(
        [[_cell(cell(row)) for _, cell in shown] for row in comparison.rows],
        [title.replace("\n", " ") for title, _ in shown],
        tablefmt="github",
        disable_numparse=True,
        colalign=["left" if title in TEXT_COLUMNS else "right" for title, _ in shown],
    )
    runs = [f"- {_cell(legend(run))}" for run in comparison.runs]
    said = [f"- {_cell(line)}" for line in findings(comparison)]
    return "\n".join([*runs, "", table, "", *said])


def _cell(text: str) -> str:
    """Plain text that no reader takes for markup: names come from files that anybody may have written."""
    plain = click.unstyle(text).replace("\\", "\\\\")
    for char in "|`*_<>~":
        plain = plain.replace(char, f"\\{char}")
    return plain
