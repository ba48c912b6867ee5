"""The README's commands print what the README shows: the same columns, cases and verdicts."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness import scenario, stored
from harness.report.matrix import render_markdown
from harness.report.table import HEADERS

README = Path(__file__).parent.parent / "README.md"
COLUMNS = [" ".join(header.split()).replace("- ", "") for header in HEADERS]
"""The headers on one line each, hyphens at a line's end joined: `dupli-/cated` is duplicated."""


def shown() -> dict[str, str]:
    """Command -> what the README shows of its output."""
    return dict(re.findall(r"^```console\n\$ (.+?)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL))


def table(output: str) -> tuple[list[str], dict[str, str]]:
    """The columns' names, and case -> verdict of each row, by the places that the line of dashes marks."""
    lines = output.splitlines()
    (rule,) = [number for number, line in enumerate(lines) if re.fullmatch(r"-+( +-+)+", line)]
    places = [match.span() for match in re.finditer(r"-+", lines[rule])]
    cells = [[line[low:high].strip() for low, high in places] for line in lines]
    names = [" ".join(parts).strip().replace("- ", "") for parts in zip(*cells[:rule], strict=True)]
    rows = cells[rule + 1 : lines.index("")]
    return names, {row[0]: row[1] for row in rows}


def test_the_readme_shows_whole_tables() -> None:
    assert list(shown()) == ["harness run shared-append --writers 8"]
    for command, output in shown().items():
        names, verdicts = table(output)
        assert names == COLUMNS
        run = [scenario.load(name) for name in shlex.split(command) if name in scenario.shipped()]
        assert verdicts == {case.full_name: case.expected for one in run for case in one.cases}
        assert "docker engine " in output


def test_the_matrix_is_that_of_the_reference_run() -> None:
    text = README.read_text(encoding="utf-8")
    (command, matrix) = re.findall(r"<!-- harness (.+?) -->\n(.*?)\n<!-- end of the matrix -->", text, re.DOTALL)[0]
    assert command == "matrix results/reference/result.json --format markdown"
    reference = stored.read(README.parent / "results/reference/result.json")
    assert matrix == render_markdown(reference)
    shipped = {case.full_name for name in scenario.shipped() for case in scenario.load(name).cases}
    assert {case["name"] for case in reference["cases"]} == shipped
    assert all(case["as_expected"] for case in reference["cases"])
    assert {case["summary"]["trials"] for case in reference["cases"]} == {5}
    assert f"{len(shipped)} cases" in text


def test_every_column_is_explained() -> None:
    rows = README.read_text().partition("### Column by column")[2].partition("\n###")[0]
    explained = [name for cell in re.findall(r"^\| (.+?) \| ", rows, re.MULTILINE)[1:] for name in cell.split(", ")]
    assert explained == COLUMNS


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
    assert done.returncode == 0, done.stdout + done.stderr
    assert table(done.stdout) == table(shown()[command])
    assert list(tmp_path.glob("*/*/result.json")), "results are stored where the README says"
