"""A strategy from outside, made from docs/strategies.md alone: packed into the image however it was installed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.engines.docker import installed, recipe
from harness.promise import Promise
from tests import laws
from tests.test_docs_examples import block

HARNESS = str(Path(sys.executable).with_name("harness"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder that the page describes."""
    folder = tmp_path / "my-folder"
    folder.mkdir()
    (folder / "wait_turn.py").write_text(block("strategies.md", "python", "class WaitTurn"))
    (folder / "pyproject.toml").write_text(block("strategies.md", "toml", "harness.strategies"))
    (tmp_path / "wait-turn.toml").write_text(block("strategies.md", "toml", 'strategy = "wait-turn"'))
    return folder


def install(project: Path) -> Path:
    """As pip installs it, to a folder of its own beside the one where the harness is."""
    site = project.parent / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", site, project], check=True, timeout=120)
    return site


def install_editable(project: Path) -> Path:
    """As `pip install -e` leaves it with setuptools: metadata, and a finder that stands in for the files."""
    site = install(project)
    (site / "wait_turn.py").unlink()
    shutil.rmtree(site / "__pycache__", ignore_errors=True)
    (site / "__editable___wait_turn_1_finder.py").write_text("raise AssertionError('a stand-in')\n")
    record = next(site.glob("*.dist-info/RECORD"))
    kept = [line for line in record.read_text().splitlines() if ".dist-info/" in line]
    record.write_text("\n".join([*kept, "__editable___wait_turn_1_finder.py,,", "__editable__.wait_turn-1.pth,,"]))
    (site / "__editable__.wait_turn-1.pth").write_text(str(project))
    return site


def harness(folder: Path, *paths: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(
        [HARNESS, *arguments], cwd=folder, env=os.environ | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.docker
def test_it_runs_in_containers(project: Path) -> None:
    site, folder = install(project), project.parent
    assert "a turn that goes round" in harness(folder, site, arguments=("list",)).stdout
    run = ("run", "./wait-turn.toml", "--engine", "docker", "--trials", "2", "--json")
    done = harness(folder, site, arguments=run)
    document: dict[str, Any] = json.loads(done.stdout)
    laws.check(document)
    assert laws.verdicts(document) == {"wait-turn/turns": "safe", "wait-turn/no-turns": "unsafe"}, done.stderr
    assert document["environment"]["engine"] == "docker"
    subprocess.run(["docker", "rmi", document["environment"]["image"]], check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("how", [install, install_editable])
def test_all_of_it_is_packed_however_it_was_installed(
    project: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[[Path], Path]
) -> None:
    before = recipe.recipe()
    monkeypatch.syspath_prepend(project)
    monkeypatch.syspath_prepend(how(project))
    packed = dict(recipe.announced_files())
    assert {name for name in packed if not name.startswith("wait_turn-1.dist-info/")} == {"wait_turn.py"}
    assert packed["wait_turn.py"].read_text() == (project / "wait_turn.py").read_text()
    assert "wait_turn-1.dist-info/entry_points.txt" in packed
    now = recipe.recipe()
    assert now.base_image == before.base_image
    assert now.image != before.image
    with packed["wait_turn.py"].open("a") as file:
        file.write("# edited\n")
    assert recipe.recipe().image not in (now.image, before.image)


def test_what_it_requires_goes_by_version_and_the_harness_itself_does_not(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(
        text.replace("dependencies = []", 'dependencies = ["shared-volume-harness", "tabulate"]')
    )
    assert "tabulate" not in recipe.distributions()
    monkeypatch.syspath_prepend(install(project))
    assert installed.announcing() == ["wait-turn"]
    named = recipe.distributions()
    assert "tabulate" in named
    assert not {"wait-turn", "shared-volume-harness", "docker"} & set(named)


BROKEN = {
    "no module": ("import no_such_module", "cannot be imported: ModuleNotFoundError: No module named 'no_such_module'"),
    "no class": ("WaitTurn = 3", "is no strategy yet: 3 is no class that derives from harness.strategies.base"),
    "no summary": ("del WaitTurn.summary", "is no strategy yet: summary is missing: it has to be one line of text"),
    "no open": ("del WaitTurn.open", "is no strategy yet: method open(place) is missing: it has to return a Session"),
    "no option": ("WaitTurn.options = {'x': 3}", "is no strategy yet: option 'x' is 3: it has to be an Option"),
    "no server": (
        "WaitTurn.services = ('mongodb',)",
        "is no strategy yet: services names 'mongodb', and there is no such server (there are: mariadb, postgres",
    ),
    "no consumer": ("WaitTurn.consumers = 1", "is no strategy yet: method consume is missing, and consumers is 1"),
    "a promise unknown": (
        "WaitTurn.promises = {'intct'}",
        f"is no strategy yet: no promise 'intct' (there are: {', '.join(Promise)})",
    ),
    "no promise": ("WaitTurn.promises = frozenset()", "is no strategy yet: promises is empty"),
    "a promise in a text": ("WaitTurn.promises = 'intact'", "is no strategy yet: promises is 'intact': it has to be"),
    "a promise unknown when made": (
        "def __init__(self, options):\n    self.promises = {'intct'}\nWaitTurn.__init__ = __init__",
        "is no strategy yet: no promise 'intct'",
    ),
    "no making": (
        "def __init__(self, options):\n    raise RuntimeError('one\\ntwo')\nWaitTurn.__init__ = __init__",
        "cannot be made: RuntimeError: one two",
    ),
}


def announced(folder: Path, code: str, name: str = "wait-turn") -> Path:
    """The page's package as pip leaves it, with ``code`` at the end of its module."""
    site = folder / "site"
    metadata = site / "wait_turn-1.dist-info"
    metadata.mkdir(parents=True)
    (site / "wait_turn.py").write_text(block("strategies.md", "python", "class WaitTurn") + f"\n\n{code}\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: wait-turn\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[harness.strategies]\n{name} = wait_turn:WaitTurn\n")
    scenario = block("strategies.md", "toml", 'strategy = "wait-turn"')
    (folder / "wait-turn.toml").write_text(scenario.replace('strategy = "wait-turn"', f'strategy = "{name}"'))
    return site


@pytest.mark.parametrize(("code", "fault"), BROKEN.values(), ids=BROKEN)
def test_one_that_is_broken_is_named_in_one_line(tmp_path: Path, code: str, fault: str) -> None:
    site = announced(tmp_path, code)
    reason = f"strategy 'wait-turn' of package 'wait-turn' (wait_turn:WaitTurn) {fault}"
    listed = harness(tmp_path, site, arguments=("list",))
    assert listed.returncode == 0, listed.stderr
    assert f"BROKEN: {reason}" in listed.stdout
    assert "POSIX fcntl lock" in listed.stdout
    assert harness(tmp_path, site, arguments=("show", "locked")).returncode == 0
    done = harness(tmp_path, site, arguments=("run", "./wait-turn.toml", "--engine", "local"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("harness: ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Mend or remove that package" in done.stderr


UNSHOWN = {
    "mutual-exclusion": ("return Session(write, close, acquire, release)", "return Session(write, close)"),
    "no-torn-reads": ("LOG_PROMISES | {Promise.MUTUAL_EXCLUSION}", "LOG_PROMISES | {Promise.NO_TORN_READS}"),
    "fresh-reads": ("LOG_PROMISES | {Promise.MUTUAL_EXCLUSION}", "LOG_PROMISES | {Promise.FRESH_READS}"),
}


@pytest.mark.parametrize(("promise", "code"), UNSHOWN.items(), ids=UNSHOWN)
def test_a_promise_that_nobody_can_check_is_never_safe(tmp_path: Path, promise: str, code: tuple[str, str]) -> None:
    site = announced(tmp_path, "")
    module = site / "wait_turn.py"
    text = module.read_text()
    assert code[0] in text
    whole = "return os.write(data, record)"
    text = text.replace("return os.write(data, record[:half]) + os.write(data, record[half:])", whole)
    module.write_text(text.replace(*code))
    run = ("run", "./wait-turn.toml", "--engine", "local", "--trials", "2", "--format", "matrix")
    done = harness(tmp_path, site, arguments=run)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"wait-turn/turns: inconclusive (expected safe): {promise} is promised and was not checked" in done.stdout
    assert "? unchecked  promised, and no trial could check it" in done.stdout


def test_a_name_that_is_taken_is_refused_where_it_is_used(tmp_path: Path) -> None:
    site = announced(tmp_path, "", name="append")
    reason = (
        "strategy 'append' of package 'wait-turn' (wait_turn:WaitTurn) has the name of one of the harness's own "
        "(harness.strategies.append:STRATEGY): give it another"
    )
    listed = harness(tmp_path, site, arguments=("list",))
    assert listed.returncode == 0
    assert f"BROKEN: {reason}" in listed.stdout
    done = harness(tmp_path, site, arguments=("run", "./wait-turn.toml", "--engine", "local"))
    assert done.returncode == 2
    assert reason in done.stderr
