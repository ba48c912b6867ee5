"""docs/analyze.md shows what the commands print."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "analyze.md"


def test_the_example_prints_what_the_page_shows(tmp_path: Path) -> None:
    found = re.findall(r"```console\n\$ (.+?)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    program = tmp_path / "harness"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from harness.cli import main; main()" "$@"\n')
    program.chmod(0o755)
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for command, output in found:
        done = subprocess.run(
            ["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=path
        )
        assert done.stdout == output
