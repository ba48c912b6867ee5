"""A comparison for the terminal."""

from tabulate import tabulate

from harness.comparison.model import Comparison, Kind
from harness.report.comparison_cells import columns
from harness.report.comparison_findings import findings, legend

TEXT_COLUMNS = {"case", "run", "verdict"}


def render(comparison: Comparison) -> str:
    """What each letter stands for, the table, and what it comes to."""
    shown = columns(comparison)
    rows = []
    for number, row in enumerate(comparison.rows):
        again = comparison.kind is Kind.RUNS and number > 0 and comparison.rows[number - 1].key == row.key
        rows.append(["" if title == "case" and again else cell(row) for title, cell in shown])
    table = tabulate(
        rows,
        [title for title, _ in shown],
        tablefmt="simple",
        disable_numparse=True,
        colalign=["left" if title in TEXT_COLUMNS else "right" for title, _ in shown],
    )
    return "\n".join([*map(legend, comparison.runs), "", table, "", *findings(comparison)])
