"""The README's commands print what the README shows: the same columns, cases and verdicts."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.report.table import HEADERS

README = Path(__file__).parent.parent / "README.md"
VERDICTS = ("safe", "unsafe", "inconclusive")


def shown() -> dict[str, str]:
    """Command -> what the README shows of its output."""
    consoles = re.findall(r"^```console\n\$ (.+?)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return dict(consoles)


def columns(output: str) -> list[str]:
    """The header line of the table, whatever the columns' widths are."""
    return re.split(r" {2,}", output.splitlines()[0].strip())


def verdicts(output: str) -> dict[str, tuple[str, str]]:
    """Case -> verdict and expectation, of the table's rows."""
    rows = re.findall(r"^(\S+/\S+) +(\w+) +(\w+(?: !)?) +\d+ ", output, re.MULTILINE)
    return {case: (verdict, expected) for case, verdict, expected in rows}


def test_the_readme_shows_whole_tables() -> None:
    assert [command.split()[:2] for command in shown()] == [["harness", "run"]] * 2
    for output in shown().values():
        assert columns(output) == list(HEADERS)
        assert {verdict for verdict, _ in verdicts(output).values()} <= set(VERDICTS)
        assert "docker engine " in output


def test_every_column_is_explained() -> None:
    table = README.read_text().partition("### Column by column")[2].partition("\n###")[0]
    explained = [name for cell in re.findall(r"^\| (.+?) \| ", table, re.MULTILINE)[1:] for name in cell.split(", ")]
    assert explained == list(HEADERS)


@pytest.mark.docker
@pytest.mark.parametrize("command", shown())
def test_the_readmes_commands_print_what_it_shows(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("harness")), *shlex.split(command)[1:], "--results", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert columns(done.stdout) == columns(shown()[command])
    assert verdicts(done.stdout) == verdicts(shown()[command])
    assert list(tmp_path.glob("*/*/result.json")), "results are stored where the README says"
