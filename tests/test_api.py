"""The Python API: the same runs and analyses as the command line, loaded only when asked for."""

import gzip
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import api, cli, services
from tests import laws

ROOT = Path(__file__).parent.parent
ONLY_COMMAND = {"as_json", "quiet", "form", "allow_skipped", "everything"}
"""what is printed, and how the program ends"""
NAMES = {
    "cases": "case",
    "record_size": "record_bytes",
    "duration": "duration_s",
    "time_limit": "time_limit_s",
    **{f"{name}_image": "service_images" for name in services.names()},
}


def test_importing_the_package_loads_nothing_of_it() -> None:
    program = "import sys, harness; print([name for name in sys.modules if name.startswith('harness.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_what_it_says_it_has_is_there() -> None:
    assert {getattr(harness, name).__name__ for name in harness.__all__ if name != "__version__"} == {
        name for name in harness.__all__ if name != "__version__"
    }
    assert set(harness.__all__) <= set(dir(harness))
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'none'"):
        _ = harness.none


def test_it_takes_what_the_command_line_takes_with_the_same_defaults() -> None:
    parameters = dict(inspect.signature(api.run).parameters)
    del parameters["scenarios"]
    assert set(parameters) == set(api.RunOptions.__annotations__)
    above = cli.cli.make_context("harness", ["run"])
    chosen = cli.cli.commands["run"].make_context("run", ["locked"], parent=above).params
    del chosen["scenarios"]
    options = {NAMES.get(name, name): value for name, value in chosen.items() if name not in ONLY_COMMAND}
    assert set(parameters) == set(options)
    defaults = {name: str(value or None) for name, value in options.items()}
    assert defaults == {name: str(one.default or None) for name, one in parameters.items()}


def test_a_run(tmp_path: Path) -> None:
    found = harness.run(
        "shared-append", case="single", writers=4, trials=2, engine="local", seed=5, results=tmp_path / "kept"
    )
    assert [one.name for one in found.cases] == ["shared-append/single", "shared-append/split"]
    assert (found.seed, found.asked, len(found.case("single").trials)) == (5, ("single",), 2)
    found.assert_safe()
    assert found.stored is not None
    document = json.loads(found.stored.read_text())
    assert document == json.loads(json.dumps(found.document))
    laws.check(document)


def test_a_run_stored_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = harness.run("shared-append", case="split", records=200, trials=1, engine="local", results=None)
    assert found.stored is None
    assert list(tmp_path.iterdir()) == []


def test_without_docker_auto_warns_that_there_are_no_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.warns(harness.NoContainersWarning, match="NO CONTAINERS were used"):
        harness.run("shared-append", case="split", records=200, trials=1, results=None)
    with pytest.raises(harness.EngineError, match="no Docker engine answers"):
        harness.run("shared-append", engine="docker", results=None)


def test_what_cannot_be_run_is_a_usage_error(tmp_path: Path) -> None:
    wrongs: list[tuple[dict[str, Any], str]] = [
        ({"engine": "podman"}, "no engine 'podman'. There are: auto, docker, local"),
        ({"writers": 0}, "0 writers"),
        ({"record_bytes": (300, 200)}, "a record size of 300 to 200 bytes"),
        ({"case": "none"}, "no case 'none'"),
        ({"storage": "cloud"}, "no storage 'cloud'"),
        ({"writers": "x"}, "writers: 'x' is no number"),
        ({"trials": True}, "trials: True is no number"),
        ({"time_limit_s": "a"}, "time_limit_s: 'a' is no number"),
        ({"record_bytes": "x"}, "record_bytes: 'x' is no size"),
        ({"record_bytes": 2.5}, "record_bytes: 2.5 is no size"),
        ({"case": 3}, "3 is no name"),
        ({"service_images": {"rabbit": "x"}}, "service_images: no server 'rabbit'. There are: "),
    ]
    with pytest.raises(harness.UsageError, match=r"no scenario to run\. Name one or more of config-reload"):
        harness.run([], results=tmp_path)
    for wrong, told in wrongs:
        with pytest.raises(harness.UsageError, match=told):
            harness.run("locked", results=tmp_path, **wrong)
    assert issubclass(harness.UsageError, harness.HarnessError)


def test_an_analysis_is_what_the_command_prints(tmp_path: Path) -> None:
    log = tmp_path / "app.log.gz"
    log.write_bytes(gzip.compress(b"a 1\na 2\nb 1\nxx\na 4\n"))
    pattern = r"(?P<writer>\w) (?P<seq>\d+)"
    found = harness.analyze(log, pattern, writers=2)
    assert found.damaged
    assert (found.report.lines.total, found.report.lines.malformed, found.report.records.missing) == (5, 1, 1)
    assert found.account is None
    program = str(Path(sys.executable).with_name("harness"))
    done = subprocess.run(
        [program, "analyze", str(log), "--pattern", pattern, "--writers", "2", "--json"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout) == json.loads(json.dumps(found.document))
    assert "malformed" in str(found)


def test_a_file_of_our_own_has_an_account(tmp_path: Path) -> None:
    log = tmp_path / "shared.log"
    log.write_bytes(b"no record\n")
    found = harness.analyze(log)
    assert found.account is not None
    assert found.account.bytes.foreign == 10
    with pytest.raises(harness.UsageError, match="journals: only for the harness's own format"):
        harness.analyze(log, "x", journals=tmp_path)
    with pytest.raises(harness.UsageError, match="none"):
        harness.analyze(tmp_path / "none")
