"""The command line: parse, call, print, exit code. The only importer of click besides the text report.

Data goes to stdout, everything else to stderr. Every HarnessError becomes one line and its exit code; nothing else
is expected to get here, and what does is reported as a bug without a traceback (which ``-v`` shows).
"""

import json
import logging
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from harness import __version__, plan, scenario
from harness.errors import ExitCode, HarnessError, UsageError

log = logging.getLogger("harness")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
@click.option("-v", "--verbose", is_flag=True, help="Show what happens inside, writers' messages included.")
def cli(verbose: bool) -> None:
    """Tells whether several containers can share one volume safely, by trying it.

    Exit codes: 0 as expected, 1 damage where safe was expected, 2 usage or scenario error, 3 inconclusive, 4 engine
    failure, 130 interrupted.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING,
        format="%(asctime)s %(name)s %(levelname)s %(message)s" if verbose else "harness: %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("urllib3", "docker"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command which runs scenarios shares."""
    for option in reversed(
        [
            click.option("--writers", type=int, help="Writer containers, 1 to 256."),
            click.option("--records", type=int, help="Records per writer and trial."),
            click.option("--record-size", metavar="A[:B]", help="Bytes per record, or a range; newline included."),
            click.option("--trials", type=int, help="Trials per case; the more, the narrower the intervals."),
            click.option(
                "--duration", type=float, metavar="S", help="Seconds per trial, instead of a number of records."
            ),
            click.option("--storage", metavar="KIND[,KIND…]", help="volume, tmpfs, bind:/path."),
            click.option("--engine", type=click.Choice(["auto", "docker", "local"]), default="auto", show_default=True),
            click.option("--seed", type=int, help="Repeat a run's plan and record sizes."),
            click.option(
                "--case",
                "cases",
                multiple=True,
                metavar="NAME",
                help="Only this case and its control; may be repeated.",
            ),
            click.option(
                "--keep-data", is_flag=True, help="Keep the files and journals of every trial with the results."
            ),
            click.option("--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True),
            click.option("--redis-image", metavar="IMAGE", help="Run the Redis-protocol server from this image."),
            click.option("--json", "as_json", is_flag=True, help="Print the result document and nothing else."),
            click.option("--quiet", is_flag=True, help="No progress, no notices."),
        ]
    ):
        command = option(command)
    return command


@cli.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@run_options
def run(scenarios: Sequence[str], as_json: bool, quiet: bool, **options: Any) -> int:
    """Run scenarios and print one table over all their cases.

    SCENARIO is a shipped name (see 'harness list') or a path to a TOML file.
    """
    from harness import session
    from harness.report import table
    from harness.report.progress import Progress

    request = session.Request(
        scenarios=[scenario.load(one) for one in dict.fromkeys(scenarios)],
        overrides=_overrides(options),
        engine=options["engine"],
        seed=options["seed"] if options["seed"] is not None else secrets.randbits(32),
        results=options["results"],
        keep_data=options["keep_data"],
        redis_image=options["redis_image"],
        command=["harness", *sys.argv[1:]],
    )
    progress = Progress(quiet)
    outcome = session.run(request, progress, _silent if quiet else _notice)
    if as_json:
        click.echo(json.dumps(outcome.document, indent=1))
    elif outcome.document["environment"]:
        click.echo(table.render(outcome.document))
    if outcome.stored is not None and not quiet:
        _notice(f"stored in {outcome.stored}")
    if outcome.error is not None:
        raise outcome.error
    return int(outcome.exit_code)


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(as_json: bool) -> None:
    """List the scenarios and the strategies that there are."""
    from harness.report import catalogue

    click.echo(json.dumps(catalogue.document(), indent=1) if as_json else catalogue.listing())


@cli.command()
@click.argument("name", metavar="SCENARIO")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show a scenario: what it runs, what its strategies promise, what is expected."""
    from harness.report import catalogue

    chosen = scenario.load(name)
    click.echo(json.dumps(catalogue.scenario_document(chosen), indent=1) if as_json else catalogue.page(chosen))


@cli.command()
@click.argument("file", metavar="FILE")
@click.option("--pattern", metavar="REGEX", help="What a line is: RE2, with groups writer, seq and crc, all optional.")
@click.option("--writers", type=click.IntRange(1, 65536), help="Writers that there were.")
@click.option("--records", type=click.IntRange(0, 2**62), help="Records that each writer wrote.")
@click.option(
    "--journals", type=click.Path(path_type=Path), help="What the writers attempted; the harness's own format only."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def analyze(
    file: str, pattern: str | None, writers: int | None, records: int | None, journals: Path | None, as_json: bool
) -> int:
    """Account for the lines of any log: what is malformed, missing, doubled or out of order.

    FILE may be - for standard input, and may be gzipped. Without --pattern it is read in the harness's own format.
    Exits 1 when damage was found.
    """
    from harness.analysis import foreign
    from harness.report import analysis_json, analysis_text

    if pattern is not None and journals is not None:
        raise UsageError("--journals: only for the harness's own format", "Leave out --pattern or --journals")
    expected = foreign.Expected(writers, records)
    if pattern is None:
        from harness.analysis import own

        found = analysis_json.document(*own.analyze(file, journals, expected))
    else:
        found = analysis_json.document(foreign.analyze_file(file, pattern, expected))
    click.echo(json.dumps(found, indent=1) if as_json else analysis_text.render(file, found))
    return int(ExitCode.DAMAGE if found["damaged"] else ExitCode.AS_EXPECTED)


@cli.command()
def doctor() -> int:
    """Check what this machine can run, and say how to mend what it cannot."""
    from harness import maintenance

    findings = maintenance.examine()
    for finding in findings:
        mark = click.style("ok     ", fg="green") if finding.good else click.style("missing", fg="red")
        click.echo(f"{mark} {finding.what}: {finding.detail}" + (f". {finding.remedy}" if finding.remedy else ""))
    return int(ExitCode.AS_EXPECTED if all(one.good or not one.needed for one in findings) else ExitCode.ENGINE)


@cli.command()
@click.option("--force", is_flag=True, help="Also what runs of another host left on this engine.")
def clean(force: bool) -> None:
    """Remove what killed runs left: containers, networks, volumes, by their label, and nothing else."""
    from harness import maintenance

    for line in maintenance.clean(force):
        click.echo(line)


@cli.command()
@click.option("--rebuild", is_flag=True, help="Build it even if it is there.")
@click.option("--prune", is_flag=True, help="Remove the images of former versions.")
@click.option("--remove", is_flag=True, help="Remove all of the harness's images.")
def image(rebuild: bool, prune: bool, remove: bool) -> None:
    """Show the runtime image, building it where it is missing."""
    from harness import maintenance

    for line in maintenance.image(rebuild, prune, remove, _notice):
        click.echo(line)


def main() -> None:
    """The entry point: run the command, turn errors into one line and an exit code."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        status = cli.main(standalone_mode=False)
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        status = error.exit_code
    except click.ClickException as error:
        error.show()
        status = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("harness: interrupted; what was started is removed", err=True)
        status = ExitCode.INTERRUPTED
    except BrokenPipeError:
        status = ExitCode.AS_EXPECTED
        sys.stdout = None  # whoever read our output is gone; do not flush to them
    except Exception as error:
        log.debug("bug", exc_info=True)
        click.echo(
            f"harness: this is a bug: {type(error).__name__}: {error}. Run again with -v and report what it shows",
            err=True,
        )
        status = ExitCode.ENGINE
    sys.exit(int(status or 0))


def _overrides(options: dict[str, Any]) -> plan.Overrides:
    storages = options["storage"]
    return plan.Overrides(
        writers=options["writers"],
        records=options["records"],
        record_bytes=_size_range(options["record_size"]),
        trials=options["trials"],
        duration_s=options["duration"],
        storages=tuple(storages.split(",")) if storages else None,
        cases=options["cases"],
    )


def _size_range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    low, colon, high = text.partition(":")
    if not low.isdecimal() or (colon and not high.isdecimal()):
        raise UsageError(f"--record-size: {text!r} is no size", "Write a number of bytes, or smallest:largest")
    return int(low), int(high) if colon else int(low)


def _silent(_text: str) -> None:
    pass


def _notice(text: str) -> None:
    click.echo(text, err=True)
