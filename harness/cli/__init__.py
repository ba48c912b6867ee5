"""The command line: parse, call, print, exit code. One module per kind of command.

Data goes to stdout, everything else to stderr. Every HarnessError becomes one line and its exit code; nothing else
is expected to get here, and what does is reported as a bug without a traceback (which ``-v`` shows).
"""

import errno
import logging
import signal
import sys

import click

from harness import __version__
from harness.cli import analyzing, catalogue, checking, comparing, keeping, reporting, running
from harness.cli.streams import outlive_readers
from harness.errors import ExitCode, HarnessError

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


for _command in (
    running.run,
    running.matrix,
    checking.check,
    comparing.compare,
    comparing.results_,
    reporting.report,
    catalogue.list_,
    catalogue.show,
    analyzing.analyze,
    keeping.doctor,
    keeping.clean,
    keeping.image,
):
    cli.add_command(_command)


def main() -> None:
    """The entry point: run the command, turn errors into one line and an exit code."""
    outlive_readers()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) != signal.SIG_IGN:  # which is how nohup says that the run is to go on
            signal.signal(ending, signal.default_int_handler)
    try:
        status = cli.main(standalone_mode=False)
    except HarnessError as error:
        click.echo(f"harness: {error}", err=True)
        status = error.exit_code
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "harness"
        click.echo(f"harness: {error.format_message().rstrip('.')}. See '{command} --help'", err=True)
        status = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("harness: interrupted; what was started is removed", err=True)
        status = ExitCode.INTERRUPTED
    except Exception as error:
        log.debug("bug", exc_info=True)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and not error.filename:
            told = "the output could not be written: no space is left where it goes"
            sys.stdout = None
        else:
            told = f"this is a bug: {type(error).__name__}: {error}. Run again with -v and report what it shows"
        click.echo(f"harness: {told}", err=True)
        status = ExitCode.ENGINE
    sys.exit(int(status or 0))
