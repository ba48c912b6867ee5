"""Views of trials, stored beside the result document: one for each case, for the page that shows them.

Of a case's trials the first damaged one is kept, else the first. A view is bounded (``harness.analysis.view``), and
made only for a trial that may be kept: two per case at most.
"""

import contextlib
import json
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness import files
from harness.model import Account, Trial
from harness.promise import Promise
from harness.verdict import broken_promises

FOLDER = "views"
LONGEST_NAME = 120
VIEW_VERSION = 1
View = dict[str, Any]
Key = tuple[str, str]
"""a case's full name and its storage"""


class Choice:
    """Which trials are worth a view, told trial by trial."""

    def __init__(self) -> None:
        self._damaged: dict[Key, bool] = {}

    def reason(self, trial: Trial, account: Account, promises: Collection[Promise]) -> str:
        """Why this trial is to be viewed; empty when it is not."""
        key = (trial.case.full_name, trial.case.storage)
        damaged = bool(broken_promises(account, promises))
        if key in self._damaged and (self._damaged[key] or not damaged):
            return ""
        self._damaged[key] = damaged
        return "the first damaged trial" if damaged else "the first trial; none before it was damaged"


def titled(view: Mapping[str, Any], trial: Trial, why: str) -> View:
    """The view with what it is of."""
    return {
        "case": trial.case.full_name,
        "storage": trial.case.storage,
        "trial": trial.index,
        "seed": trial.seed,
        "why": why,
        **view,
    }


def write(folder: Path, view: Mapping[str, Any]) -> Path:
    """Store a view in a run's folder, in place of the one that the case had. Raises HarnessError."""
    scenario, _, case = view["case"].partition("/")
    name = _file_name(f"{case}@{view['storage']}")
    path = folder / FOLDER / _file_name(scenario) / f"{name}.json"
    fresh = path.with_suffix(".json.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(view, separators=(",", ":")) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        for made in (fresh.unlink, path.parent.rmdir, path.parent.parent.rmdir):
            with contextlib.suppress(OSError):  # not there, or not empty
                made()
        raise files.cannot_write(error, folder) from error
    return path


def load(folder: Path) -> tuple[dict[Key, View], list[str]]:
    """The views in a run's folder, by case and storage, and notes on those that cannot be read."""
    found: dict[Key, View] = {}
    notes = []
    for path in sorted((folder / FOLDER).glob("*/*.json")):
        try:
            view = json.loads(path.read_text(encoding="utf-8"))
            key, version = (view["case"], view["storage"]), view["view_version"]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            notes.append(f"the view {path.name} cannot be read: {problem}")
            continue
        if version == VIEW_VERSION:
            found[key] = view
        else:
            notes.append(f"the view {path.name} is of version {version}, and not {VIEW_VERSION}")
    return found, notes


def _file_name(text: str) -> str:
    """A name without separators; one too long for a file system is cut, with a checksum in place of the rest."""
    name = quote(text, safe="@+ ")
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}-{zlib.crc32(text.encode()):08x}"
