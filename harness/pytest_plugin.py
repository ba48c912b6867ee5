"""The pytest plugin: a fixture by which a project checks its own way of sharing a volume.

pytest loads this module in every project that has the harness installed, so that it imports nothing heavy: the harness
itself is imported by the first test that uses the fixture.
"""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from typing import Unpack

    from harness.api import RunOptions
    from harness.shown import RunResult

SETTINGS = {
    "engine": "where the writers live: auto, docker or local; docker fails where no Docker engine answers",
    "trials": "trials per case; the more, the narrower the intervals",
    "seed": "repeats a run's plan and record sizes",
    "results": "keep the results below this folder; else they are in the test's own temporary one",
}


class SharedVolume:
    """Runs scenarios with the settings of the test session; what a test itself names comes first."""

    def __init__(self, folders: Sequence[Path], results: Path, settings: "RunOptions") -> None:
        self._folders = folders
        self._settings: RunOptions = {"results": results, **settings}

    def run(self, scenario: str | PathLike[str], **options: "Unpack[RunOptions]") -> "RunResult":
        """`harness.run`: a shipped scenario by name, or a TOML file relative to the test's file or to pytest's root.

        Raises what `harness.run` raises.
        """
        __tracebackhide__ = True
        import harness

        chosen: RunOptions = {**self._settings, **options}
        try:
            return harness.run(self._found(str(scenario)), **chosen)
        except harness.HarnessError as error:
            raise error.with_traceback(None) from None

    def _found(self, name: str) -> str:
        if not name.endswith(".toml"):
            return name
        places = [folder / name for folder in self._folders]
        return str(next((place for place in places if place.is_file()), name))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--harness-*`` and the ini settings ``harness_*``."""
    group = parser.getgroup("harness", "shared volumes")
    for name, told in SETTINGS.items():
        choices: dict[str, Any] = {"choices": ("auto", "docker", "local")} if name == "engine" else {}
        kind: dict[str, Any] = {"type": int} if name in ("trials", "seed") else {}
        group.addoption(f"--harness-{name}", default=None, help=told, **choices, **kind)
        parser.addini(f"harness_{name}", told, default="")


def _settings(config: pytest.Config) -> dict[str, Any]:
    """What the command line says, else the ini file; nothing where neither does."""
    found: dict[str, Any] = {}
    for name in SETTINGS:
        value = config.getoption(f"harness_{name}")
        if value is None and (text := str(config.getini(f"harness_{name}")).strip()):
            value = _number(name, text) if name in ("trials", "seed") else text
        if value is not None:
            found[name] = config.rootpath / value if name == "results" else value
    return found


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise pytest.UsageError(f"harness_{name} = {text!r} is no number") from None


@pytest.fixture
def shared_volume(request: pytest.FixtureRequest, tmp_path: Path) -> SharedVolume:
    """Runs a scenario with real writers on one shared volume: ``shared_volume.run("locked").assert_safe()``."""
    folders = (request.path.parent, request.config.rootpath)
    return SharedVolume(folders, tmp_path / "harness-results", _settings(request.config))  # type: ignore[arg-type]
