"""The three scenarios on real containers, and what is left after success, failure, Ctrl-C and kill -9."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests import laws

pytestmark = pytest.mark.docker
HARNESS = str(Path(sys.executable).with_name("harness"))
LABEL = "label=harness.run"


def docker(*arguments: str) -> list[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


def left_of(running: subprocess.Popen[str]) -> list[str]:
    """What carries the label of that harness process; other runs on this engine do not count."""
    kinds = (("ps", "-a", "{{.ID}}"), ("volume", "ls", "{{.Name}}"), ("network", "ls", "{{.ID}}"))
    found: list[str] = []
    for first, second, name in kinds:
        lines = subprocess.run(
            ["docker", first, second, "--filter", LABEL, "--format", f'{name}={{{{.Label "harness.owner"}}}}'],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout.splitlines()  # fmt: skip
        found += [line.split("=")[0] for line in lines if f" {running.pid} " in line]
    return found


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run over all cases of the first three scenarios."""
    folder = tmp_path_factory.mktemp("three")
    done = subprocess.run(
        [HARNESS, "run", "shared-append", "locked", "redis-queue", "--writers", "8", "--trials", "3", "--json"],
        capture_output=True, text=True, cwd=folder, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def case(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in document["cases"] if one["name"] == name)
    return dict(found)


def total(one: dict[str, Any], outcome: str) -> int:
    return sum(trial["records"][outcome] for trial in one["trials"])


def test_records_and_bytes_add_up_in_every_trial(three: dict[str, Any]) -> None:
    laws.check(three)
    assert len(three["cases"]) == 29
    assert all(len(one["trials"]) == 3 for one in three["cases"])


def test_every_verdict_is_the_expected_one(three: dict[str, Any]) -> None:
    assert {one["name"]: one["verdict"] for one in three["cases"]} == {
        one["name"]: one["expected"] for one in three["cases"]
    }


def test_it_ran_in_containers(three: dict[str, Any]) -> None:
    assert three["environment"]["engine"] == "docker"
    assert three["environment"]["image"]
    assert three["environment"]["filesystem"]["volume"] not in ("", "unknown", "overlay")


def test_every_safe_case_had_contention_and_a_control_that_corrupted(three: dict[str, Any]) -> None:
    for one in three["cases"]:
        if one["verdict"] == "safe":
            assert one["control"]["damaged_trials"] > 0
            assert all(trial["contention"]["overlapped_share"] > 0.01 for trial in one["trials"])


def test_damage_is_of_the_expected_kind(three: dict[str, Any]) -> None:
    assert total(case(three, "shared-append/split"), "interleaved") > 0
    assert total(case(three, "shared-append/seek"), "lost") > 0
    assert sum(t["history"]["mutual_exclusion"] for t in case(three, "locked/mixed")["trials"]) > 0
    assert sum(t["history"]["mutual_exclusion"] for t in case(three, "locked/private-lock")["trials"]) > 0
    crash = case(three, "redis-queue/list-crash")
    assert [trial["records"]["lost"] for trial in crash["trials"]] == [1, 1, 1]
    assert [trial["restarts"] for trial in crash["trials"]] == [1, 1, 1]
    assert [trial["restarts"] for trial in case(three, "redis-queue/list-ack-crash")["trials"]] == [1, 1, 1]


def test_causes_are_named(three: dict[str, Any]) -> None:
    def causes(name: str) -> set[str]:
        return {cause for trial in case(three, name)["trials"] for cause in trial["causes"]}

    assert causes("redis-queue/list-crash") == {"consumer died"}
    assert "two writes per record" in causes("shared-append/split")
    assert "buffer boundary" in causes("shared-append/stdio")
    assert "buffer boundary" in causes("shared-append/echo-long")
    assert "newline written separately" in causes("shared-append/python-print")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [HARNESS, "run", "shared-append", "--case", "split", *(arguments or ("--trials", "500"))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


def wait_for_a_trial(folder: Path) -> None:
    deadline = time.monotonic() + 90
    while not list(folder.glob("results/*/*/result.json")):
        assert time.monotonic() < deadline, "no trial was stored"
        time.sleep(0.05)


def stored(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("results/*/*/result.json")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_keeps_the_trials_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path) as running:
        wait_for_a_trial(tmp_path)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert left_of(running) == []
    assert "interrupted" in err
    assert "Traceback" not in err
    assert "shared-append/split" in out
    laws.check(stored(tmp_path))


def test_a_writer_that_dies_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with start(tmp_path) as running:
        wait_for_a_trial(tmp_path)
        (victim,) = set(left_of(running)) & set(docker("ps", "-q", "--filter", "name=writer-0003"))
        docker("kill", victim)
        out, err = running.communicate(timeout=120)
    assert running.returncode == 4
    assert "writer-3: was killed" in err
    assert "Traceback" not in err
    assert "shared-append/split" in out
    assert left_of(running) == []
    assert "writer-3" in stored(tmp_path)["run"]["error"]


def test_a_server_that_dies_is_named_at_once_and_nothing_is_left(tmp_path: Path) -> None:
    command = [HARNESS, "run", "redis-lock", "--trials", "500", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as running:
        wait_for_a_trial(tmp_path)
        (victim,) = set(left_of(running)) & set(docker("ps", "-q", "--filter", "name=-redis"))
        docker("kill", victim)
        began = time.monotonic()
        _, err = running.communicate(timeout=120)
    assert time.monotonic() - began < 30
    assert running.returncode == 4
    assert ": server redis: ended with exit status 137" in err
    assert err.startswith("harness: redis-lock/")
    assert err.endswith("or take another with --redis-image\n")
    assert left_of(running) == []


def test_killed_it_leaves_what_clean_removes(tmp_path: Path) -> None:
    with start(tmp_path) as running:
        wait_for_a_trial(tmp_path)
        running.kill()
        running.communicate(timeout=60)
    assert len(left_of(running)) == 11, "8 writers, the analyser and two volumes"
    done = subprocess.run([HARNESS, "clean"], capture_output=True, text=True, check=True, timeout=120)
    assert "removed" in done.stdout
    assert left_of(running) == []


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", small], check=True)
    try:
        with start(tmp_path, "--trials", "1", "--storage", f"bind:{small}") as running:
            _, err = running.communicate(timeout=120)
    finally:
        subprocess.run(["umount", small], check=True)
    assert running.returncode == 4
    # The write that fills the disk may fit in part; the next one fails.
    assert "No space left on device" in err or "is the volume full?" in err
    assert "Free space" in err
    assert left_of(running) == []
    assert "Traceback" not in err


def test_a_full_results_disk_is_told_at_once(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
    began = time.monotonic()
    try:
        wanted = ("--trials", "2", "--records", "5000", "--keep-data", "--results", str(small), "--quiet")
        with start(tmp_path, *wanted) as running:
            _, err = running.communicate(timeout=120)
        kept = sorted(path.name for path in small.rglob("*") if path.is_file() and path.parent.name != "shared-append")
    finally:
        subprocess.run(["umount", small], check=True)
    assert time.monotonic() - began < 45
    assert running.returncode == 4
    assert err.startswith(f"harness: --keep-data: cannot write results to {small}/shared-append/")
    assert err.endswith("No space left on device. Free space there, or name another folder with --results\n")
    assert kept == ["result.json"]
    assert left_of(running) == []


def test_a_second_run_beside_the_first_is_not_disturbed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with start(tmp_path / "a", "--trials", "20") as one, start(tmp_path / "b", "--trials", "20") as other:
        first, second = one.communicate(timeout=180), other.communicate(timeout=180)
    assert (one.returncode, other.returncode) == (0, 0), first[1] + second[1]
    assert left_of(one) == left_of(other) == []
