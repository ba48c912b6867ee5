"""The command that shows a run: one page, and plots for documents."""

from pathlib import Path

import click

from harness.cli.options import Folder, notice
from harness.errors import UsageError

PAGE = "report.html"


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Where to write the page.")
@click.option("--open", "open_", is_flag=True, help="Open the page in a browser.")
@click.option("--png", type=click.Path(path_type=Path), metavar="DIR", help="Also write the plots as PNG files.")
@click.option(
    "--results",
    type=Folder(),
    default=Path("results"),
    show_default=True,
    help="Where runs are stored.",
)
def report(run: str, output: Path | None, open_: bool, png: Path | None, results: Path) -> None:
    """Write one self-contained HTML page of a stored run, and print where it is.

    RUN is a run's folder, its result file or its id, a scenario, or 'latest'. Without --output the page is
    report.html in the run's folder. It needs no network. --png needs matplotlib.
    """
    from harness import results as documents
    from harness import stored, views
    from harness.report.html import page

    path = stored.find(run, results)
    document = documents.load(path)
    found, notes = views.load(path.parent)
    target = output or path.parent / PAGE
    _write(target, page.render(document, found, notes))
    click.echo(target)
    if png is not None:
        from harness.report import png as plots

        for plot in plots.write(document, found, png):
            click.echo(plot)
    if open_ and click.launch(str(target.resolve())) != 0:
        notice(f"no browser could be opened; open {target} yourself")


def _write(path: Path, page: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", "Name another file with --output") from None
