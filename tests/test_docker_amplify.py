"""Amplified on real containers: what is safe stays so, and what is not shows with few records."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import laws

HARNESS = str(Path(sys.executable).with_name("harness"))


@pytest.mark.docker
def test_safe_stays_safe_and_few_records_are_enough_for_the_rest(tmp_path: Path) -> None:
    done = subprocess.run(
        [HARNESS, "run", "shared-append", "locked", "--case", "single", "--case", "flock", "--case", "fcntl",
         "--case", "mixed", "--case", "seek", "--records", "50", "--trials", "5", "--amplify", "--json"],
        capture_output=True, text=True, cwd=tmp_path, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: dict[str, Any] = json.loads(done.stdout)
    laws.check(document)
    assert document["run"]["amplified"] is True
    assert document["environment"]["engine"] == "docker"
    assert laws.verdicts(document) == {one["name"]: one["expected"] for one in document["cases"]}
