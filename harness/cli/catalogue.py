"""Commands that say what there is: scenarios, strategies, what they promise."""

import json

import click

from harness import scenario


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(as_json: bool) -> None:
    """List the scenarios and the strategies that there are."""
    from harness.report import catalogue

    click.echo(json.dumps(catalogue.document(), indent=1) if as_json else catalogue.listing())


@click.command()
@click.argument("name", metavar="SCENARIO")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a scenario: what it runs, what its strategies promise, what is expected."""
    from harness.report import catalogue

    chosen = scenario.load(name)
    click.echo(json.dumps(catalogue.scenario_document(chosen), indent=1) if as_json else catalogue.page(chosen))
