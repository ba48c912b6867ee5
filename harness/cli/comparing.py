"""Commands on runs that are stored: list them, compare them."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness import files
from harness.cli.options import Folder, notice
from harness.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from harness.comparison import Comparison, MeasuredRun
    from harness.stored import Found

LABELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
COLUMNS = ("case", "verdict", "damage", "throughput", "p50", "p99", "cost", "change")
FORMATS = ("table", "markdown", "json", "csv")
ENDINGS = {".txt": "table", ".md": "markdown", ".json": "json", ".csv": "csv"}
results_option = click.option(
    "--results",
    "root",
    type=Folder(),
    default=Path("results"),
    show_default=True,
    help="Where runs are stored.",
)


@click.command("results")
@results_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def results_(root: Path, as_json: bool) -> None:
    """List the stored runs, newest first.

    Wherever a RUN is asked for, it can be named by its folder, its result.json, its id, its time, 'latest',
    'SCENARIO/latest' (either with ~N for the Nth before it) or a scenario's name.
    """
    from harness import stored
    from harness.report import run_list

    found = run_list.document(stored.runs(root))
    if as_json:
        click.echo(json.dumps(found, indent=1))
    elif found:
        click.echo(run_list.render(found))
    else:
        notice(f"no stored run in {root}: make one with 'harness run SCENARIO', or name another folder with --results")


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="RUN|SCENARIO...")
@click.option("--case", "cases", multiple=True, metavar="NAME", help="Only this case; may be repeated.")
@click.option("--sort", "column", type=click.Choice(COLUMNS), help="Best first; 'change' has the worst first.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--export",
    "exports",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write it to FILE: .txt, .md, .json or .csv; may be repeated.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where something got worse, 3 where safety is no longer shown.")
@results_option
def compare(
    names: Sequence[str],
    cases: Sequence[str],
    column: str | None,
    form: str,
    exports: Sequence[Path],
    exit_code: bool,
    root: Path,
) -> int:
    """Compare strategies, or runs.

    One RUN, or several without a case in common: their cases side by side, with costs relative to the baseline. Runs
    with cases in common: each is held against the first, with differences, their intervals, and ~ where chance
    could have made them. A SCENARIO stands for its newest run. See 'harness results' for what there is.
    """
    from harness import comparison, stored
    from harness.comparison import sorting

    forms = [_form_of(path) for path in exports]
    found = [stored.locate(name, root) for name in names]
    for path in exports:
        if path.resolve() in {one.path.resolve() for one in found}:
            raise UsageError(f"--export: {path} is a run that is compared", "Name another file")
    compared = comparison.compare(_runs(found, cases))
    if column is not None:
        compared = sorting.ordered(compared, column)
    if form in ("json", "csv"):
        _warn(compared)
    click.echo(_rendered(compared, form))
    for path, ending in zip(exports, forms, strict=True):
        files.write(path, click.unstyle(_rendered(compared, ending)) + "\n", "--export")
        notice(f"written to {path}")
    return int(comparison.exit_code(compared) if exit_code else ExitCode.AS_EXPECTED)


def _runs(found: "Sequence[Found]", cases: Sequence[str]) -> "list[MeasuredRun]":
    from harness import stored
    from harness.comparison import measured, only

    if len(found) > len(LABELS):
        raise UsageError(f"{len(found)} runs to compare", f"Take {len(LABELS)} at most")
    runs = [
        measured(stored.read(one.path), label, str(one.path.parent if one.path.name == stored.RESULT else one.path),
                 one.scenario)
        for label, one in zip(LABELS, found, strict=False)
    ]  # fmt: skip
    return [only(run, cases) for run in runs] if cases else runs


def _warn(compared: "Comparison") -> None:
    """Tell on stderr what the sentences under a table would, where there are none."""
    from harness.report.comparison_findings import warnings

    for line in warnings(compared):
        notice(line)


def _form_of(path: Path) -> str:
    if path.suffix not in ENDINGS:
        raise UsageError(f"--export: {path} ends in no known format", f"Take {', '.join(ENDINGS)}")
    return ENDINGS[files.check_target(path, "--export").suffix]


def _rendered(compared: "Comparison", form: str) -> str:
    exporter = importlib.import_module(f"harness.report.comparison_{form}")
    text: str = exporter.render(compared)
    return text
