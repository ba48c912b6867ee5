"""The command that accounts for any log."""

import json
from pathlib import Path

import click

from harness.errors import ExitCode, UsageError


@click.command()
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
    from harness import api

    if pattern is not None and journals is not None:
        raise UsageError("--journals: only for the harness's own format", "Leave out --pattern or --journals")
    found = api.analyze(file, pattern, writers=writers, records=records, journals=journals)
    click.echo(json.dumps(found.document, indent=1) if as_json else str(found))
    return int(ExitCode.DAMAGE if found.damaged else ExitCode.AS_EXPECTED)
