"""The command line through its real entry point, on the local engine: what is printed where, and the exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import results
from tests import laws

HARNESS = str(Path(sys.executable).with_name("harness"))
BAD_INPUT = [
    (["run", "shared-apend"], "no scenario 'shared-apend'. Did you mean 'shared-append'?"),
    (["run"], "no scenario was named. Name one of 'harness list', or give --all"),
    (["run", "locked", "--writers", "0"], "0 writers. Take 1 to 256"),
    (["run", "locked", "--writers", "100000"], "100000 writers. Take 1 to 256"),
    (["run", "locked", "--writers", "many"], "'many' is not a valid integer"),
    (["run", "locked", "--record-size", "10"], "a record size of 10 to 10 bytes. Take 32 to 1048576"),
    (["run", "locked", "--record-size", "ten"], "'ten' is no size"),
    (["run", "locked", "--record-size", "300:200"], "a record size of 300 to 200 bytes"),
    (["run", "locked", "--records", "0"], "0 records per writer"),
    (["run", "locked", "--trials", "0"], "0 trials. Take 1 to 10000"),
    (["run", "locked", "--duration", "-1"], "a duration of -1.0 s"),
    (["run", "locked", "--storage", "cloud"], "no storage 'cloud'. Take volume"),
    (["run", "locked", "--case", "none"], "no case 'none'. There are: bare-append, flock"),
    (["run", "locked", "--engine", "podman"], "'podman' is not one of 'auto', 'docker', 'local'"),
    (["run", "locked", "--results", "/proc/no"], "cannot write results to /proc/no"),
    (["run", "locked", "--storage", "bind:/no/such/folder", "--engine", "local"], "is not a folder"),
    (["run", "./none.toml"], "cannot read none.toml"),
    (["run", "--all", "locked"], "--all, and locked. Give one or the other"),
    (["run", "locked", "--time-limit", "0"], "--time-limit: a limit of 0.0 s. Take more than 0"),
    (["run", "locked", "--storage", "bind:"], "no storage 'bind:'. Take volume, bind, tmpfs, image:xfs"),
    (["run", "locked", "--storage", "image:zfs"], "no storage 'image:zfs'"),
    (["run", "locked", "--storage", ""], "--storage: no storage ''. Take volume"),
    (["run", "locked", "--results", ""], "'--results': the name of the folder is empty"),
    (["compare", "locked", "--results", ""], "'--results': the name of the folder is empty"),
    (["report", "latest", "--results", ""], "'--results': the name of the folder is empty"),
    (["run", "locked", "--redis-image", ""], "--redis-image: the name of the image is empty"),
    (["run", "locked", "--postgres-image", ""], "--postgres-image: the name of the image is empty"),
    (["run", "locked", "--mariadb-image", " "], "--mariadb-image: the name of the image is empty"),
    (["matrix", "none"], "none"),
    (["show", "none"], "no scenario 'none'"),
    (["fly"], "No such command 'fly'"),
]


def harness(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARNESS, *arguments],
        capture_output=True, text=True, cwd=cwd, timeout=120, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(cwd / "cache")} | dict(env or {}),
    )  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD_INPUT)
def test_bad_input_is_one_clear_line_and_nothing_starts(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = harness(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.rglob("result.json"))


def test_a_run_prints_its_table_and_stores_its_document(tmp_path: Path) -> None:
    done = harness(
        "run", "shared-append", "--engine", "local", "--case", "single", "--writers", "4", "--trials", "2", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shared-append/single" in done.stdout
    assert "NO CONTAINERS: the local engine ran the writers" in done.stdout
    (stored,) = tmp_path.glob("results/shared-append/*Z/result.json")
    assert f"stored in {stored.relative_to(tmp_path)}" in done.stderr
    document = json.loads(stored.read_text())
    laws.check(document)
    assert laws.verdicts(document) == {"shared-append/single": "safe", "shared-append/split": "unsafe"}
    assert document["environment"]["engine"] == "local"


def test_json_is_the_document_and_nothing_else(tmp_path: Path) -> None:
    done = harness(
        "run", "shared-append", "--engine", "local", "--case", "split", "--trials", "1", "--records", "500", "--json",
        "--quiet", "--seed", "5", cwd=tmp_path,
    )  # fmt: skip
    document = json.loads(done.stdout)
    laws.check(document)
    assert document["run"]["seed"] == 5
    assert document["run"]["amplified"] is False
    assert done.stderr == ""
    (stored,) = tmp_path.glob("results/shared-append/*Z/result.json")
    assert json.loads(stored.read_text()) == document


def test_one_writer_is_inconclusive_and_says_why(tmp_path: Path) -> None:
    done = harness(
        "run", "shared-append", "--engine", "local", "--case", "single", "--writers", "1", "--trials", "1", cwd=tmp_path
    )
    assert done.returncode == 3
    assert "one writer: there was nobody to collide with" in done.stdout


def test_damage_where_safe_was_expected_is_exit_1(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'title = "t"\n[[case]]\nname = "hopeful"\nstrategy = "append"\noptions = { writes = 2 }\n'
        'expected = "safe"\ncontrol = "control"\n'
        '[[case]]\nname = "control"\nstrategy = "append"\noptions = { writes = 2 }\nexpected = "unsafe"\n'
    )
    done = harness("run", "mine.toml", "--engine", "local", "--trials", "1", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "mine/hopeful: unsafe (expected safe): intact broken" in done.stdout


def test_a_time_limit_ends_after_a_whole_round_and_the_matrix_can_be_had_again(tmp_path: Path) -> None:
    run = ("run", "shared-append", "--case", "single", "--engine", "local", "--trials", "300", "--time-limit", "2")
    done = harness(*run, "--format", "matrix", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the time limit of 2 s allowed" in done.stderr
    (stored,) = tmp_path.glob("results/shared-append/*Z/result.json")
    document = json.loads(stored.read_text())
    laws.check(document)
    assert document["run"]["time_limit_s"] == 2.0
    counts = {len(case["trials"]) for case in document["cases"]}
    assert len(counts) == 1
    assert 0 < counts.pop() < 300
    assert harness("matrix", "latest", cwd=tmp_path).stdout == done.stdout
    assert "| `split`" in harness("matrix", "latest", "--format", "markdown", cwd=tmp_path).stdout


def test_what_cannot_run_here_is_skipped_and_the_run_not_green(tmp_path: Path) -> None:
    run = ("run", "stale-lock", "--engine", "local", "--trials", "1", "--case", "pid-file", "--quiet")
    done = harness(*run, cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    reason = "the local engine has no PID namespace of its own for each member. Use the docker engine"
    assert f"stale-lock/pid-file: skipped: {reason}" in done.stdout
    allowed = harness(*run, "--allow-skipped", "--json", cwd=tmp_path)
    assert allowed.returncode == 3
    assert allowed.stderr == "nothing was run: this host can run none of the cases, so nothing is shown\n"
    document = json.loads(allowed.stdout)
    laws.check(document)
    (case,) = document["cases"]
    assert (case["verdict"], case["as_expected"], case["trials"]) == ("skipped", False, [])
    assert f"{case['skipped']['reason']}. Use the docker engine" == reason


def test_a_control_that_was_skipped_proves_nothing(tmp_path: Path) -> None:
    done = harness(
        "run", "stale-lock", "--engine", "local", "--trials", "1", "--allow-skipped", "--quiet", cwd=tmp_path
    )
    assert done.returncode == 3
    assert "stale-lock/flock: inconclusive (expected safe): " in done.stdout
    assert "control pid-file was skipped, so nothing shows that this load does corrupt" in done.stdout


def test_a_case_may_be_named_as_tables_show_it_and_scenarios_without_it_are_told(tmp_path: Path) -> None:
    run = ("run", "locked", "shared-append", "--engine", "local", "--trials", "1", "--case", "shared-append/single")
    done = harness(*run, "--format", "matrix", cwd=tmp_path)
    assert "locked: not run, as it has no case shared-append/single\n" in done.stderr
    (stored,) = tmp_path.glob("results/*/*Z/result.json")
    assert set(laws.verdicts(json.loads(stored.read_text()))) == {"shared-append/single", "shared-append/split"}


def test_amplified_says_so_and_damages_with_few_records(tmp_path: Path) -> None:
    run = ("run", "shared-append", "--engine", "local", "--case", "single", "--records", "50", "--amplify", "--quiet")
    done = harness(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("AMPLIFIED: writers yielded and slept at random")
    (stored,) = tmp_path.glob("results/shared-append/*Z/result.json")
    document = json.loads(stored.read_text())
    laws.check(document)
    assert document["run"]["amplified"] is True
    assert laws.verdicts(document) == {"shared-append/single": "safe", "shared-append/split": "unsafe"}


def test_no_docker_engine_where_one_was_asked_for(tmp_path: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = harness("run", "locked", "--engine", "docker", cwd=tmp_path, env=nowhere)
    assert done.returncode == 4
    assert "no Docker engine answers" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*Z"))


def test_without_docker_auto_says_plainly_that_there_are_no_containers(tmp_path: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = harness(
        "run", "shared-append", "--case", "split", "--trials", "1", "--records", "200", cwd=tmp_path, env=nowhere
    )
    assert "NO CONTAINERS are used" in done.stderr
    assert "NO CONTAINERS" in done.stdout


def test_ctrl_c_keeps_what_was_measured_and_leaves_nothing(tmp_path: Path) -> None:
    command = [HARNESS, "run", "shared-append", "--engine", "local", "--trials", "500", "--case", "split"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
    ) as running:  # fmt: skip
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("results/*/*/result.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert "shared-append/split" in out
    (stored,) = tmp_path.glob("results/*/*/result.json")
    document = json.loads(stored.read_text())
    laws.check(document)
    assert document["run"]["error"] == "interrupted"
    assert 0 < len(document["cases"][0]["trials"]) < 500
    assert not list((tmp_path / "cache").glob("shared-volume-harness/local/*"))


def started(folder: Path, prefix: str = "") -> "subprocess.Popen[str]":
    """A long run on the local engine, in the background of a shell, which ignores SIGINT; it has begun."""
    command = f"{prefix} '{HARNESS}' run shared-append --engine local --trials 500 --case split"
    running = subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' INT; exec {command}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(folder.glob("results/*/*/result.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM])
def test_a_terminal_that_hangs_up_ends_the_run_as_ctrl_c_does(tmp_path: Path, ending: signal.Signals) -> None:
    with started(tmp_path) as running:
        running.send_signal(ending)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "harness: interrupted; what was started is removed" in err
    (stored,) = tmp_path.glob("results/*/*/result.json")
    assert json.loads(stored.read_text())["run"]["error"] == "interrupted"
    assert not list((tmp_path / "cache").glob("shared-volume-harness/local/*"))


def test_under_nohup_the_run_goes_on(tmp_path: Path) -> None:
    with started(tmp_path, "nohup") as running:
        running.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(1)
        running.terminate()
        running.communicate(timeout=60)
    assert running.returncode == 130


@pytest.mark.parametrize("writers", ["8", "1"])
@pytest.mark.parametrize("both", ["", "2>&1"])
def test_a_reader_that_went_away_does_not_change_the_exit_code(tmp_path: Path, writers: str, both: str) -> None:
    run = f"'{HARNESS}' run shared-append --case single --engine local --trials 1 --writers {writers}"
    done = subprocess.run(
        ["/bin/bash", "-c", f"{run} {both} | true; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    (stored,) = tmp_path.glob("results/*/*Z/result.json")
    own = results.worst_exit(json.loads(stored.read_text()))
    assert own == 3 if writers == "1" else own != 1
    assert done.returncode == own, done.stderr
    assert "Error" not in done.stderr


def test_kept_data_is_what_was_analysed(tmp_path: Path) -> None:
    harness(
        "run", "shared-append", "--engine", "local", "--case", "split", "--trials", "1", "--records", "100",
        "--writers", "2", "--keep-data", cwd=tmp_path,
    )  # fmt: skip
    (log,) = tmp_path.glob("results/shared-append/*Z/data/trial-00000/shared.log")
    assert log.stat().st_size == 2 * 100 * 200
    assert len(list(tmp_path.glob("results/shared-append/*Z/data/journals/trial-00000/*.journal"))) == 2


def test_results_that_do_not_fit_name_their_folder_and_leave_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk that is full; members share it, and write less."""
    done = subprocess.run(
        ["/bin/bash", "-c", 'ulimit -f 60; exec "$@"', "bash", HARNESS, "run", "shared-append", "--engine", "local",
         "--case", "split", "--records", "10", "--writers", "2", "--trials", "500", "--quiet"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert "harness: cannot write results to results/shared-append/" in done.stderr
    assert done.stderr.endswith("File too large. Free space there, or name another folder with --results\n")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*.new"))
    (stored,) = tmp_path.glob("results/*/*/result.json")
    laws.check(json.loads(stored.read_text()))


def test_colour_is_for_terminals(tmp_path: Path) -> None:
    assert "\033" not in harness("show", "locked", cwd=tmp_path).stdout
    assert "\033" not in harness("doctor", cwd=tmp_path, env={"NO_COLOR": "1"}).stdout


@pytest.mark.parametrize("command", ["list", "show", "run", "report", "matrix", "doctor", "clean", "image"])
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    done = harness(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: harness")


def test_list_and_show_as_json(tmp_path: Path) -> None:
    listed = json.loads(harness("list", "--json", cwd=tmp_path).stdout)
    assert {"locked", "redis-queue", "shared-append"} <= {one["name"] for one in listed["scenarios"]}
    shown = json.loads(harness("show", "locked", "--json", cwd=tmp_path).stdout)
    assert {case["name"]: case["expected"] for case in shown["cases"]}["mixed"] == "unsafe"


def test_output_that_does_not_fit_is_one_line_and_no_bug(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [HARNESS, "list"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60, check=False
        )
    assert done.returncode == 4
    assert done.stderr == "harness: the output could not be written: no space is left where it goes\n"
