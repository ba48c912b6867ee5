"""Commands that look after the machine: what it can run, what killed runs left, the runtime image."""

import click

from harness.cli.options import notice
from harness.errors import ExitCode


@click.command()
def doctor() -> int:
    """Check what this machine can run, and say how to mend what it cannot."""
    from harness import maintenance

    findings = maintenance.examine()
    for finding in findings:
        mark = click.style("ok     ", fg="green") if finding.good else click.style("missing", fg="red")
        click.echo(f"{mark} {finding.what}: {finding.detail}" + (f". {finding.remedy}" if finding.remedy else ""))
    return int(ExitCode.AS_EXPECTED if all(one.good or not one.needed for one in findings) else ExitCode.ENGINE)


@click.command()
@click.option("--force", is_flag=True, help="Also what runs of another host left on this engine.")
def clean(force: bool) -> None:
    """Remove what killed runs left: containers, networks, volumes, by their label, and nothing else."""
    from harness import maintenance

    for line in maintenance.clean(force):
        click.echo(line)


@click.command()
@click.option("--rebuild", is_flag=True, help="Build it even if it is there.")
@click.option("--prune", is_flag=True, help="Remove the images of former versions.")
@click.option("--remove", is_flag=True, help="Remove all of the harness's images.")
def image(rebuild: bool, prune: bool, remove: bool) -> None:
    """Show the runtime image, building it where it is missing."""
    from harness import maintenance

    for line in maintenance.image(rebuild, prune, remove, notice):
        click.echo(line)
