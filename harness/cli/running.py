"""Commands that run scenarios."""

import json
from collections.abc import Sequence
from typing import Any

import click

from harness.cli.options import notice_unless, request, run_options


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@run_options
def run(scenarios: Sequence[str], as_json: bool, quiet: bool, **options: Any) -> int:
    """Run scenarios and print one table over all their cases.

    SCENARIO is a shipped name (see 'harness list') or a path to a TOML file.
    """
    from harness import session
    from harness.report import table
    from harness.report.progress import Progress

    outcome = session.run(request(scenarios, options), Progress(quiet), notice_unless(quiet))
    if as_json:
        click.echo(json.dumps(outcome.document, indent=1))
    elif outcome.stored is not None:
        click.echo(table.render(outcome.document))
    if outcome.stored is not None:
        notice_unless(quiet)(f"stored in {outcome.stored}")
    if outcome.error is not None:
        raise outcome.error
    return int(outcome.exit_code)
