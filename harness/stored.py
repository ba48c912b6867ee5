"""Stored runs, found by what people call them: a folder, a file, an id, a scenario, ``latest``.

Every command that asks for a RUN resolves it here, so that a name means the same to all. Only the names of folders
decide which run is newest: listing them costs no reading, and a broken file in one run hides no other.
"""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from harness import documents, results, scenario
from harness.errors import UsageError

RESULT = "result.json"
STAMP = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d+))?")
LATEST = re.compile(r"(?:(?P<scenario>.+)/)?latest(?:~(?P<back>\d{1,4}))?")
ID_AT_THE_HEAD = re.compile(r'"id": "([^"\\]+)"')
HEAD_BYTES = 4096
MOST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A result file, and the scenario by whose name it was asked for: then only its cases are meant."""

    path: Path
    scenario: str | None = None


def find(name: str, root: Path) -> Path:
    """The result file that ``name`` means, of the runs stored below ``root``. Raises UsageError with suggestions.

    ``name`` is a run's folder or result file (also relative to ``root``), a run's id or time, ``latest``,
    ``<scenario>/latest``, either with ``~N`` for the Nth before it, or a scenario, whose newest run is meant.
    """
    return locate(name, root).path


def locate(name: str, root: Path) -> Found:
    """Like `find`, and tells whether a scenario was named. Raises UsageError."""
    if (path := _as_path(name, root)) is not None:
        return Found(path)
    if match := LATEST.fullmatch(name):
        return _latest(match["scenario"], int(match["back"] or 0), root)
    if (wanted := _scenario(name, root)) is not None:
        return _latest(wanted, 0, root)
    matching = [path for path in runs(root) if name in (_stamp_of(path), run_id(path))]
    if len(matching) == 1:
        return Found(matching[0])
    if matching:
        raise UsageError(f"{len(matching)} runs are called {name}", f"Name one: {_listed(matching)}")
    raise UsageError(f"no stored run {name!r} in {root}", _suggestion(name, root))


def read(path: Path) -> results.Document:
    """The document in a result file that anybody may have written, held to the schema. Raises UsageError."""
    document = results.load(path)
    documents.hold(document, "result", path, "result", results.OTHER_VERSION)
    return document


def runs(root: Path, wanted: str | None = None) -> list[Path]:
    """The result files of the runs stored below ``root``, newest first; of one scenario where ``wanted`` names it."""
    stored = (path for path in root.glob(f"*/*/{RESULT}") if STAMP.fullmatch(path.parent.name))
    chosen = [path for path in stored if wanted is None or wanted in (path.parent.parent.name, *scenarios_of(path))]
    return sorted(chosen, key=_age, reverse=True)


def scenarios_of(path: Path) -> list[str]:
    """Names of the scenarios of a stored run, from its place ``<root>/<one>+<other>/<time>/``."""
    return path.parent.parent.name.split("+")


def run_id(path: Path) -> str | None:
    """The run's id, from the head of its result file: a large one is not read whole for it."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    match = ID_AT_THE_HEAD.search(head)
    return match[1] if match else None


def _as_path(name: str, root: Path) -> Path | None:
    for path in (Path(name), root / name):
        if path.is_file() and path.suffix != ".toml":
            return path
        if (path / RESULT).is_file():
            return path / RESULT
    if "/" not in name:
        return None
    return next((path for path in runs(Path(name).parent) if path.parent.parent == Path(name)), None)


def _latest(wanted: str | None, back: int, root: Path) -> Found:
    stored = runs(root, wanted)
    if back < len(stored):
        return Found(stored[back], wanted)
    whose = f" of scenario {wanted!r}" if wanted else ""
    if stored:
        many = f"{len(stored)} stored run{'s' if len(stored) > 1 else ''}"
        raise UsageError(f"only {many}{whose} in {root}", f"Take ~{len(stored) - 1} at most")
    raise UsageError(f"no stored run{whose} in {root}", _how_to_make(wanted))


def _how_to_make(wanted: str | None) -> str:
    if wanted is None or wanted in scenario.shipped():
        return f"Make one with 'harness run {wanted or 'SCENARIO'}', or name another folder with --results"
    if close := difflib.get_close_matches(wanted, scenario.shipped(), MOST_SUGGESTIONS):
        return f"Did you mean {' or '.join(map(repr, close))}?"
    return f"Make one with 'harness run {wanted}.toml', or name another folder with --results"


def _scenario(name: str, root: Path) -> str | None:
    """The scenario that is meant, by its name or its file; None when it is no scenario."""
    path = Path(name)
    if path.suffix == ".toml":
        return path.stem
    return name if name in scenario.shipped() or runs(root, name) else None


def _suggestion(name: str, root: Path) -> str:
    stored = runs(root)
    names = ["latest", *scenario.shipped()]
    for path in stored:
        names += [str(path.parent), str(path.parent.relative_to(root)), path.parent.name, run_id(path) or ""]
    close = difflib.get_close_matches(name, dict.fromkeys(names), MOST_SUGGESTIONS)
    if close:
        return f"Did you mean {' or '.join(map(repr, close))}?"
    if not stored:
        return "There are none yet: make one with 'harness run SCENARIO', or name another folder with --results"
    return "Name a run's folder, its result.json or its id, a scenario, or 'latest'; 'harness results' lists them"


def _listed(paths: list[Path]) -> str:
    return ", ".join(str(path.parent) for path in paths)


def _stamp_of(path: Path) -> str:
    return path.parent.name


def _age(path: Path) -> tuple[str, int]:
    """Sorts by time; runs of one second by their counter."""
    match = STAMP.fullmatch(path.parent.name)
    return (match[1], int(match[2] or 0)) if match else ("", 0)
