"""Commands that run scenarios, and show the matrix of a run."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness import scenario
from harness.cli.comparing import results_option
from harness.cli.options import ALL_WITHIN_S, notice, notice_unless, request, run_options
from harness.errors import UsageError
from harness.results import Document

ALL = "all"
FORMATS = ("table", "matrix", "markdown")


@click.command()
@click.argument("scenarios", nargs=-1, metavar="SCENARIO...")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="All shipped scenarios, as one matrix; with --time-limit 240 unless that or --trials is given.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="table: counts and why. matrix: what each case kept and broke. markdown: the matrix for a README.",
)
@run_options
def run(
    scenarios: Sequence[str], everything: bool, form: str | None, as_json: bool, quiet: bool, **options: Any
) -> int:
    """Run scenarios and print one table over all their cases.

    SCENARIO is a shipped name (see 'harness list') or a path to a TOML file.
    """
    from harness import session
    from harness.report.progress import Progress

    if not scenarios and not everything:
        raise UsageError("no scenario was named", "Name one of 'harness list', or give --all")
    if scenarios and everything:
        raise UsageError(f"--all, and {scenarios[0]}", "Give one or the other")
    if everything and options["time_limit"] is None and options["trials"] is None:
        options["time_limit"] = ALL_WITHIN_S
    wanted = request(scenario.shipped() if everything else scenarios, options)
    if everything:
        wanted = dataclasses.replace(wanted, name=ALL)
    outcome = session.run(wanted, Progress(quiet), notice_unless(quiet))
    if as_json:
        click.echo(json.dumps(outcome.document, indent=1))
    elif outcome.stored is not None:
        click.echo(_rendered(outcome.document, form or ("matrix" if everything else "table")))
    if outcome.stored is not None:
        notice_unless(quiet)(f"stored in {outcome.stored}")
    if outcome.error is not None:
        raise outcome.error
    if outcome.nothing_ran:
        notice("nothing was run: this host can run none of the cases, so nothing is shown")
    return int(outcome.exit_code)


@click.command()
@click.argument("name", metavar="RUN|SCENARIO")
@click.option("--format", "form", type=click.Choice(FORMATS), default="matrix", show_default=True)
@results_option
def matrix(name: str, form: str, root: Path) -> None:
    """Show a stored run as a matrix: what each case kept, what it broke, at what cost.

    See 'harness results' for what there is; a SCENARIO stands for its newest run.
    """
    from harness import stored

    click.echo(_rendered(stored.read(stored.find(name, root)), form))


def _rendered(document: Document, form: str) -> str:
    from harness.report import matrix, table

    if form == "table":
        return table.render(document)
    return matrix.render(document) if form == "matrix" else matrix.render_markdown(document)
