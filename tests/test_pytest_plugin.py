"""The pytest plugin, in projects of its users: what passes, what fails with which words, what it costs others."""

import subprocess
import sys
from pathlib import Path

import pytest

PATTERNS = """
title = "Ours"
writers = 4
trials = 2
[workload]
records = 3000
[[case]]
name = "locked"
strategy = "flock"
expected = "safe"
control = "bare"
[[case]]
name = "bare"
strategy = "append"
options = { writes = 2 }
expected = "unsafe"
"""


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester) -> Path:
    """A project with a scenario of its own beside its tests."""
    folder = pytester.mkdir("checks")
    (folder / "patterns.toml").write_text(PATTERNS)
    return folder


def run(pytester: pytest.Pytester, project: Path, body: str, *arguments: str) -> pytest.RunResult:
    (project / "test_shared.py").write_text(body)
    return pytester.runpytest_subprocess("-q", "--harness-engine=local", *arguments)


def test_a_safe_pattern_passes(pytester: pytest.Pytester, project: Path) -> None:
    done = run(
        pytester, project,
        """
        def test_log(shared_volume):
            result = shared_volume.run("patterns.toml", writers=4)
            result.assert_safe()
            result.assert_unsafe("bare")
            assert result.environment.name == "local"
            assert len(result.case("locked").trials) == 3
            assert result.seed == 5

        def test_named_by_the_test(shared_volume, tmp_path):
            result = shared_volume.run("checks/patterns.toml", case="bare", trials=1, seed=6)
            assert (len(result.cases[0].trials), result.seed) == (1, 6)
            assert result.stored.is_relative_to(tmp_path)
        """.replace("\n        ", "\n"),
        "--harness-trials=3", "--harness-seed=5",
    )  # fmt: skip
    done.assert_outcomes(passed=2)
    assert not (pytester.path / "results").exists()


def test_damage_fails_with_the_table_and_the_first_anomalies(pytester: pytest.Pytester, project: Path) -> None:
    done = run(
        pytester, project, 'def test_log(shared_volume):\n    shared_volume.run("patterns.toml").assert_safe("bare")\n'
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            '>*shared_volume.run("patterns.toml").assert_safe("bare")',
            "E*AssertionError: patterns/bare: not shown to be safe",
            "E*case * verdict *",
            "E*patterns/bare: unsafe: intact broken *",
            "E*interleaved writer *",
            "E*NO CONTAINERS: the local engine ran the writers*seed *",
            "E*stored in *result.json",
        ]
    )
    assert "_complain" not in done.stdout.str()


def test_inconclusive_fails_with_its_reasons(pytester: pytest.Pytester, project: Path) -> None:
    body = 'def test_log(shared_volume):\n    shared_volume.run("patterns.toml", writers=1).assert_safe()\n'
    done = run(pytester, project, body)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E*patterns/locked: inconclusive (expected safe): one writer: there was nobody*"])


def test_what_cannot_be_run_is_one_clear_line(pytester: pytest.Pytester, project: Path) -> None:
    done = run(pytester, project, 'def test_log(shared_volume):\n    shared_volume.run("lokced")\n')
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["E*UsageError: no scenario 'lokced'. Did you mean 'locked'?*"])
    assert "scenario.py" not in done.stdout.str()


WITHOUT = 'def test_log(shared_volume):\n    shared_volume.run("patterns.toml").assert_safe()\n'


def test_without_docker_it_warns_or_fails_and_is_never_skipped(
    pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{pytester.path}/none.sock")
    (project / "test_shared.py").write_text(WITHOUT)
    warned = pytester.runpytest_subprocess("-q")
    warned.assert_outcomes(passed=1, warnings=1)
    warned.stdout.fnmatch_lines(["*NoContainersWarning: *NO CONTAINERS were used*"])
    failed = pytester.runpytest_subprocess("-q", "--harness-engine=docker")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["E*EngineError: no Docker engine answers*"])


def test_settings_of_the_ini_file_yield_to_the_command_line(pytester: pytest.Pytester, project: Path) -> None:
    pytester.makeini("[pytest]\nharness_engine = local\nharness_trials = 2\nharness_seed = 9\nharness_results = kept\n")
    (project / "test_shared.py").write_text(
        'def test_log(shared_volume):\n    result = shared_volume.run("patterns.toml", case="bare")\n'
        "    assert (result.seed, len(result.cases[0].trials), result.environment.name) == (9, 1, 'local')\n"
    )
    pytester.runpytest_subprocess("-q", "--harness-trials=1").assert_outcomes(passed=1)
    assert len(list((pytester.path / "kept").glob("patterns/*/result.json"))) == 1


def test_a_setting_that_is_no_number_is_named(pytester: pytest.Pytester, project: Path) -> None:
    pytester.makeini("[pytest]\nharness_trials = many\n")
    (project / "test_shared.py").write_text(WITHOUT)
    done = pytester.runpytest_subprocess("-q")
    done.assert_outcomes(errors=1)
    assert "harness_trials = 'many' is no number" in done.stdout.str()


def test_an_engine_that_there_is_not_is_refused(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_subprocess("--harness-engine=podman")
    assert done.ret == pytest.ExitCode.USAGE_ERROR


def test_projects_that_do_not_use_it_import_nothing_heavy() -> None:
    program = (
        "import sys, harness.pytest_plugin; "
        "print(sorted({'click', 'docker', 'numpy', 'scipy', 'harness.api', 'harness.model'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


@pytest.mark.docker
def test_on_real_containers(pytester: pytest.Pytester, project: Path) -> None:
    (project / "test_shared.py").write_text(
        "def test_log(shared_volume):\n"
        '    result = shared_volume.run("locked", case="flock", writers=8)\n'
        "    result.assert_safe()\n"
        "    assert result.environment.name == 'docker'\n"
    )
    done = pytester.runpytest_subprocess("-q", "--harness-engine=docker", "--harness-trials=3")
    done.assert_outcomes(passed=1)
