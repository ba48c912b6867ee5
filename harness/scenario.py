"""Scenarios: TOML files that say what to run and what to expect. Data, never code; checked whole first.

An unknown key, an unknown strategy or an impossible value is an error that names the file, the key and the
remedy, before anything starts.
"""

import difflib
import json
import re
import sysconfig
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import bounds, strategies
from harness.errors import UsageError
from harness.model import Case, Verdict, Workload
from harness.strategies.base import Strategy

MOST_SHOWN = 80
"""characters of a value that a message repeats"""
MAX_FILE_BYTES = 2**20
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
A_NAME = "lower-case letters, digits and dashes, 64 at most, no dash first"
KINDS = {str: "a text", int: "a whole number", list: "an array", dict: "a table"}
"""TOML's words for what a key may hold"""
SCENARIO_KEYS = {"title", "description", "writers", "trials", "storage", "baseline", "workload", "case"}
WORKLOAD_KEYS = {"records", "record_bytes", "duration_s"}
CASE_KEYS = {"name", "summary", "strategy", "options", "expected", "control", "workload", "writers"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file: its cases, and the settings that the command line may override."""

    name: str
    title: str
    description: str
    source: Path
    writers: int
    trials: int
    storages: tuple[str, ...]
    baseline: str | None
    cases: tuple[Case, ...]

    def case(self, name: str) -> Case:
        """The case of that name. Raises UsageError."""
        for case in self.cases:
            if case.name == name:
                return case
        raise UsageError(
            f"scenario {self.name} has no case {name!r}", f"There are: {', '.join(c.name for c in self.cases)}"
        )


def folder() -> Path:
    """Where the shipped scenarios lie: beside the package in a checkout, under the prefix's share/ when installed."""
    places = [Path(__file__).resolve().parent.parent / "scenarios"]
    for scheme in (None, sysconfig.get_preferred_scheme("user")):
        data = sysconfig.get_path("data", scheme) if scheme else sysconfig.get_path("data")
        places.append(Path(data) / "share" / "harness" / "scenarios")
    return next((place for place in places if any(place.glob("*.toml"))), places[1])


def shipped() -> list[str]:
    """Names of the shipped scenarios."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def load(name_or_path: str) -> Scenario:
    """A shipped scenario by name, or any by path. Raises UsageError."""
    path = Path(name_or_path)
    if path.suffix != ".toml" and "/" not in name_or_path:
        path = folder() / f"{name_or_path}.toml"
        if not NAME.fullmatch(name_or_path) or not path.is_file():
            raise UsageError(
                f"no scenario {name_or_path!r}", f"{_suggest(name_or_path, shipped())} (or give a path to a .toml file)"
            )
    try:
        document = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}", "Mend it there") from None
    return _Reader(path).scenario(document)


def _text(path: Path) -> str:
    """What stands in a scenario file, without the byte order mark that some editors write. Raises UsageError.

    A pipe or a device would be waited for, or never end.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no file", "Name a .toml file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "Check the path and its permissions") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(
            f"{path} has more than {MAX_FILE_BYTES} bytes", "Name a scenario; its data do not belong in it"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"cannot read {path}: byte {content[error.start]:#04x} at {error.start} is not UTF-8", "Save it as UTF-8"
        ) from None


def strategy_of(case: Case) -> Strategy:
    """The case's strategy with its options set. Raises KeyError, ValueError or UsageError, as ``strategies.make``."""
    return strategies.make(case.strategy, case.options)


class _Reader:
    """Reads one document; every complaint names the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def scenario(self, document: Mapping[str, Any]) -> Scenario:
        self.known(document, SCENARIO_KEYS, "the scenario")
        name = self.path.stem
        if not NAME.fullmatch(name):
            raise self.error(f"a scenario's file name is {A_NAME}; not {name!r:.100}", "Rename it")
        writers = bounds.check_writers(self.take(document, "writers", int, 8), f"{self.path}: writers")
        storages = tuple(self.take(document, "storage", str, "volume").split(","))
        for storage in storages:
            bounds.check_storage(storage, f"{self.path}: storage")
        workload = self.workload(document.get("workload", {}), Workload(), "workload")
        rows = self.take(document, "case", list, [])
        if not rows:
            raise self.error("no [[case]]", "A scenario needs at least one")
        cases = tuple(
            self.case(row, number, name, workload, writers, storages[0]) for number, row in enumerate(rows, 1)
        )
        scenario = Scenario(
            name=name,
            title=self.line(document, "title"),
            description=self.take(document, "description", str, "").strip(),
            source=self.path,
            writers=writers,
            trials=bounds.check_trials(self.take(document, "trials", int, 5), f"{self.path}: trials"),
            storages=storages,
            baseline=document.get("baseline"),
            cases=cases,
        )
        self.check_names(scenario)
        return scenario

    def workload(self, table: Any, default: Workload, where: str) -> Workload:
        if not isinstance(table, Mapping):
            raise self.error(f"{where} is not a table", "Write it as { records = 2000 }")
        self.known(table, WORKLOAD_KEYS, where)
        size = table.get("record_bytes", [default.record_bytes_min, default.record_bytes_max])
        sizes = size if isinstance(size, list) else [size, size]
        if len(sizes) != 2 or any(type(one) is not int for one in sizes):
            raise self.error(f"{where}.record_bytes is {_shown(size)}", "Write a number, or [smallest, largest]")
        duration = table.get("duration_s", default.duration_s)
        if duration is not None and type(duration) not in (int, float):
            raise self.error(f"{where}.duration_s is {_shown(duration)}", "Write a number of seconds")
        records = self.take(table, "records", int, default.records, f"{where}: ")
        return bounds.check_workload(Workload(records, sizes[0], sizes[1], duration), f"{self.path}: {where}")

    def case(self, row: Any, number: int, scenario: str, workload: Workload, writers: int, storage: str) -> Case:
        if not isinstance(row, Mapping):
            raise self.error("case is not a table", "Write it as [[case]]")
        name = self.take(row, "name", str, where=f"case number {number}: ")
        where = f"case {name}"
        if not NAME.fullmatch(name):
            raise self.error(f"case {_shown(name)}: a name is {A_NAME}", "Rename it")
        self.known(row, CASE_KEYS, where)
        expected = self.take(row, "expected", str, where=f"{where}: ")
        if expected not in ("safe", "unsafe"):
            raise self.error(f"{where}: expected is {expected!r}", "Write safe or unsafe")
        case = Case(
            name=name,
            scenario=scenario,
            strategy=self.take(row, "strategy", str, where=f"{where}: "),
            options=dict(self.take(row, "options", dict, {}, f"{where}: ")),
            expected=Verdict(expected),
            control=row.get("control"),
            workload=self.workload(row.get("workload", {}), workload, f"{where}.workload"),
            writers=bounds.check_writers(
                self.take(row, "writers", int, writers, f"{where}: "), f"{self.path}: {where}.writers"
            ),
            storage=storage,
            summary=self.line(row, "summary", "", f"{where}: "),
            own_record_bytes="record_bytes" in row.get("workload", {}),
            own_writers="writers" in row,
        )
        self.check_strategy(case)
        return case

    def check_strategy(self, case: Case) -> None:
        try:
            strategy_of(case)
        except KeyError:
            raise self.error(
                f"case {case.name}: no strategy {case.strategy!r}", _suggest(case.strategy, strategies.names())
            ) from None
        except ValueError as error:
            raise self.error(f"case {case.name}: {error}", "See 'harness show' for what the strategy takes") from None

    def check_names(self, scenario: Scenario) -> None:
        names = [case.name for case in scenario.cases]
        for name in names:
            if names.count(name) > 1:
                raise self.error(f"two cases are named {name}", "Rename one")
        if scenario.baseline is not None and scenario.baseline not in names:
            raise self.error(f"baseline is {scenario.baseline!r}, which is no case", f"There are: {', '.join(names)}")
        for case in scenario.cases:
            if case.expected is Verdict.SAFE and case.control is None:
                raise self.error(
                    f"case {case.name} is expected to be safe but names no control",
                    'Add control = "…", a case that corrupts',
                )
            if case.control is not None:
                control = next((c for c in scenario.cases if c.name == case.control), None)
                if control is None or control.expected is not Verdict.UNSAFE:
                    raise self.error(
                        f"case {case.name}: its control {case.control!r} is no case that is expected to be unsafe",
                        "Name one that is",
                    )

    def known(self, table: Mapping[str, Any], keys: set[str], where: str) -> None:
        for key in table:
            if key not in keys:
                raise self.error(f"{where}: unknown key {key!r}", _suggest(key, sorted(keys)))

    def take(self, table: Mapping[str, Any], key: str, kind: type, default: Any = None, where: str = "") -> Any:
        value = table.get(key, default)
        if value is None:
            raise self.error(f"{where}{key} is missing", "Add it")
        if type(value) is not kind:
            raise self.error(f"{where}{key} is {_shown(value)}", f"It must be {KINDS[kind]}")
        return value

    def line(self, table: Mapping[str, Any], key: str, default: str | None = None, where: str = "") -> str:
        """A text for tables: one line, without what could steer a terminal."""
        text: str = self.take(table, key, str, default, where)
        if not text.isprintable():
            raise self.error(f"{where}{key} is {_shown(text)}", "Write one line")
        return text

    def error(self, message: str, remedy: str) -> UsageError:
        return UsageError(f"{self.path}: {message}", remedy)


def _shown(value: object) -> str:
    """A value as TOML has it, or nearly so, on one line."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _suggest(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, 1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}"
