"""The job loop: what a member does when its harness is gone."""

import os
import subprocess
import sys
import time

from harness.agent.protocol import LINGER


def test_a_member_lingers_as_long_as_it_was_told() -> None:
    before = time.monotonic()
    command = [sys.executable, "-m", "harness.agent", "writer"]
    environment = {**os.environ, LINGER: "0.5"}
    ended = subprocess.run(command, check=False, input="", capture_output=True, text=True, env=environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert '"hello"' in ended.stdout
    assert time.monotonic() - before >= 0.5
