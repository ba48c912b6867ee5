"""The examples of the documentation run: other programs can write our formats, and a strategy is one file."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.account import account
from harness.trace.journal import COLUMNS, JournalWriter, file_name
from harness.trace.record import encode

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def block(page: str, language: str, containing: str) -> str:
    """The one code block of the page that contains the text."""
    text = (DOCS / page).read_text()
    found = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (one,) = [code for code in found if containing in code]
    return str(one)


def run_block(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(code, "documentation", "exec"), names)
    return names


@pytest.mark.parametrize("length", [32, 33, 48, 49, 200, 201, 4097])
@pytest.mark.parametrize(("writer", "seq"), [(0, 0), (3, 77), (1023, 2**25 - 1)])
def test_the_writer_of_the_record_format_agrees_with_ours(writer: int, seq: int, length: int) -> None:
    record = run_block(block("record-format.md", "python", "def record"))["record"]
    assert record(writer, seq, length) == encode(writer, seq, length)


def test_the_analysis_reads_what_the_writer_of_the_record_format_wrote(tmp_path: Path) -> None:
    record = run_block(block("record-format.md", "python", "def record"))["record"]
    file = tmp_path / "shared.log"
    file.write_bytes(b"".join(record(writer, seq, 200) for seq in range(20) for writer in range(3)))
    found = account([file])
    assert found.records.intact == 60
    assert found.bytes.intact == found.bytes.total == 60 * 200


def test_the_reader_of_the_record_format_reads_our_journals(tmp_path: Path) -> None:
    with JournalWriter(tmp_path, writer=3, capacity=5) as journal:
        for number, name in enumerate(COLUMNS):
            for row in range(5):
                getattr(journal, name)[row] = 100 * number + row
    read = run_block(block("record-format.md", "python", "def read_journal"))["read_journal"]
    columns = read((tmp_path / file_name(3)).read_bytes())
    assert columns == {name: tuple(100 * n + row for row in range(5)) for n, name in enumerate(COLUMNS)}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the package with the strategy of docs/strategies.md dropped in, and its scenario."""
    shutil.copytree(ROOT / "harness", tmp_path / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    (tmp_path / "harness" / "strategies" / "link_lock.py").write_text(block("strategies.md", "python", "STRATEGY ="))
    (tmp_path / "link-lock.toml").write_text(block("strategies.md", "toml", 'strategy = "link-lock"'))
    return tmp_path


def harness(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.argv[0] = 'harness'; from harness.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "XDG_CACHE_HOME": str(checkout / "cache")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_strategy_is_one_file(checkout: Path) -> None:
    assert "link-lock" in harness(checkout, "list").stdout
    done = harness(checkout, "run", "./link-lock.toml", "--engine", "local", "--trials", "2", "--json", "--quiet")
    assert done.returncode in (0, 3), done.stderr
    (case,) = [case for case in json.loads(done.stdout)["cases"] if case["name"] == "link-lock/link-lock"]
    assert case["verdict"] != "unsafe"
    assert case["trials"][0]["records"]["intact"] == 4000
    assert case["trials"][0]["history"]["mutual_exclusion"] == 0


def test_the_sums_of_the_result_document_hold(checkout: Path) -> None:
    done = harness(
        checkout, "run", "shared-append", "--case", "split", "--engine", "local", "--trials", "2", "--json", "--quiet"
    )
    (checkout / "result.json").write_text(done.stdout)
    code = block("result-schema.md", "python", "assert records")
    subprocess.run([sys.executable, "-c", code, str(checkout / "result.json")], check=True, timeout=60)
