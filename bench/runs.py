"""Start-up and trials of real runs on Docker, against the same number of bare ``docker run``."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HARNESS = str(Path(sys.executable).with_name("harness"))
WRITERS = 8
ROUNDS = 5
MORE_TRIALS = 20


def rows() -> list[tuple[str, str, str, str]]:
    """What was measured, its median, its range, and the target."""
    image = _image()
    ratios, trials_ms = [], []
    for _ in range(ROUNDS):
        bare_s = _bare_s(image)
        one_s, more_s = _run_s(1), _run_s(1 + MORE_TRIALS)
        ratios.append(one_s / bare_s)
        trials_ms.append((more_s - one_s) / MORE_TRIALS * 1000)
    return [
        _row("harness run, 8 writers, 1 trial / 8 parallel docker run", ratios, "{:.2f}", "<= 1.5"),
        _row("each further trial of 8 x 2000 records, ms", trials_ms, "{:.0f}", "<= 150"),
    ]


def _row(name: str, values: Sequence[float], form: str, target: str) -> tuple[str, str, str, str]:
    spread = f"{form.format(min(values))}-{form.format(max(values))}"
    return name, form.format(statistics.median(values)), spread, target


def _image() -> str:
    """The runtime image's name; one run makes sure that it is there."""
    with tempfile.TemporaryDirectory() as folder:
        done = _harness(folder, 1)
    name: str = json.loads(done.stdout)["environment"]["image"]
    return name


def _bare_s(image: str) -> float:
    command = ["docker", "run", "--rm", "--network", "none", image, "python", "-c", "pass"]
    start = time.perf_counter()
    running = [subprocess.Popen(command) for _ in range(WRITERS)]
    if any(one.wait() for one in running):
        raise RuntimeError("docker run failed")
    return time.perf_counter() - start


def _run_s(trials: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        _harness(folder, trials)
        return time.perf_counter() - start


def _harness(folder: str, trials: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARNESS, "run", "shared-append", "--writers", str(WRITERS), "--case", "split", "--trials", str(trials),
         "--results", folder, "--json", "--quiet", "--engine", "docker"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
