"""Installed distributions, file by file, however they were installed: what they require, and who announces strategies.

A distribution of another package that announces strategies (entry point group `harness.strategies`) goes into the image
by content, as the harness itself does: its author edits it between two runs without a new version. What it requires
goes by version, as all else does.
"""

import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution
from pathlib import Path

from harness.errors import EngineError
from harness.strategies import ENTRY_POINTS

OWN_NAME = "shared-volume-harness"
LEFT_OUT_DIRECTORIES = frozenset(
    {"__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3"}
    | {"site-packages", "dist-packages", "pydoc_data", "venv", "include"}
)
LEFT_OUT_SUFFIXES = (".pyc", ".pyi", ".pyx", ".pxd", ".a", ".h", ".c", ".exe", ".md", ".rst")
EDITABLE = "__editable__"
"""how setuptools names what it leaves in place of the files of an editable installation"""


def announcing() -> list[str]:
    """Names of the distributions that announce strategies, sorted."""
    points = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return sorted({normalised(point.dist.name) for point in points if point.dist is not None} - {OWN_NAME})


def closure(wanted: Iterable[str]) -> dict[str, str]:
    """Name and version of those of ``wanted`` that are installed, and of all that they require; not the harness."""
    found: dict[str, str] = {}
    waiting = list(wanted)
    while waiting:
        name = normalised(waiting.pop())
        if name in found or name == OWN_NAME:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        waiting += required_by(distribution.requires or [])
    return found


def required_by(requirements: Iterable[str]) -> Iterator[str]:
    """Names in requirement lines, extras left out. A marker that does not hold here names a distribution
    that is not installed, so markers need no evaluation."""
    for line in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        if name and "extra ==" not in line:
            yield name[0]


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution_files(name: str) -> Iterator[tuple[str, Path]]:
    """Files of an installed distribution: path below site-packages, path here.

    From its RECORD. Debian's packages have none, or only name what was there when they were built, and that of an
    editable installation names stand-ins: there it is the files of the top-level modules, wherever they lie, beside
    the metadata that is recorded.
    """
    distribution = importlib.metadata.distribution(name)
    recorded = [file for file in distribution.files or () if Path(str(file.locate())).is_file()]
    stand_ins = any(EDITABLE in file.name for file in recorded)
    for file in recorded:
        if stand_ins and (len(file.parts) < 2 or EDITABLE in file.name):
            continue
        if ".." not in file.parts and not LEFT_OUT_DIRECTORIES.intersection(file.parts) and _wanted(file.name):
            yield str(file), Path(str(file.locate()))
    if stand_ins or not any(file.suffix == ".py" for file in recorded):
        for module in _top_level(distribution):
            yield from _module_files(module)


def _top_level(distribution: Distribution) -> list[str]:
    """Its importable names: as setuptools lists them, else those that it announces strategies in, else its own."""
    listed = (distribution.read_text("top_level.txt") or "").split()
    announced = [point.module.partition(".")[0] for point in distribution.entry_points if point.group == ENTRY_POINTS]
    return list(dict.fromkeys([*listed, *announced])) or [distribution.name.replace("-", "_")]


def _module_files(module: str) -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise EngineError(
            f"the image cannot be packed: Python package {module} is listed but not importable",
            "reinstall it, or install the harness in a virtual environment (make setup)",
        )
    origin = Path(spec.origin)
    if not spec.submodule_search_locations:
        yield origin.name, origin
        return
    root = origin.parent
    for folder, directories, files in os.walk(root):
        directories[:] = sorted(name for name in directories if name not in LEFT_OUT_DIRECTORIES)
        for name in sorted(files):
            if _wanted(name):
                source = Path(folder, name)
                yield str(source.relative_to(root.parent)), source


def _wanted(name: str) -> bool:
    return not name.endswith(LEFT_OUT_SUFFIXES)
