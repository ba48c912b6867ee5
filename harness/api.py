"""The harness for Python programs: the same runs and analyses as on the command line, with the same defaults.

``harness.run`` and ``harness.analyze`` lead here; docs/python.md is their page.
"""

import logging
import secrets
import sys
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from harness import bounds, plan, scenario, services, session, shown
from harness.analysis.foreign import Expected, Report
from harness.errors import UsageError
from harness.model import Account
from harness.shown import RunResult

log = logging.getLogger("harness.api")

ENGINES = ("auto", "docker", "local")
Names = str | PathLike[str]


class NoContainersWarning(UserWarning):
    """No Docker engine was found, and the writers were processes of this host instead."""


class RunOptions(TypedDict, total=False):
    """The options of `run`, for functions that hand them on."""

    case: str | Sequence[str] | None
    writers: int | None
    records: int | None
    record_bytes: int | tuple[int, int] | None
    trials: int | None
    duration_s: float | None
    storage: str | Sequence[str] | None
    engine: str
    seed: int | None
    amplify: bool
    keep_data: bool
    results: Names | None
    service_images: Mapping[str, str] | None
    time_limit_s: float | None


def run(
    scenarios: Names | Sequence[Names],
    *,
    case: str | Sequence[str] | None = None,
    writers: int | None = None,
    records: int | None = None,
    record_bytes: int | tuple[int, int] | None = None,
    trials: int | None = None,
    duration_s: float | None = None,
    storage: str | Sequence[str] | None = None,
    engine: str = "auto",
    seed: int | None = None,
    amplify: bool = False,
    keep_data: bool = False,
    results: Names | None = "results",
    service_images: Mapping[str, str] | None = None,
    time_limit_s: float | None = None,
) -> RunResult:
    """Run scenarios, shipped ones by name or others by the path of their TOML file, as ``harness run`` does.

    ``case``: only these cases and their controls. ``record_bytes``: newline included, one size or (smallest, largest).
    ``results``: the folder under which the run is stored, None for nowhere. ``service_images``: a server's name,
    such as ``redis``, to the image to run it from. ``time_limit_s``: begin no round of trials that would end later.
    What is None is as the scenario says.

    Raises UsageError for what cannot be run, before anything is started; EngineError when the place where writers
    live fails, MemberError when one of them does. Warns with NoContainersWarning when ``engine`` is ``auto`` and no
    Docker engine answers.
    """
    if engine not in ENGINES:
        raise UsageError(f"no engine {engine!r}", f"There are: {', '.join(ENGINES)}")
    if not (named := _texts(scenarios)):
        raise UsageError("no scenario to run", f"Name one or more of {', '.join(scenario.shipped())}, or a TOML file")
    numbers = {"writers": writers, "records": records, "trials": trials, "duration_s": duration_s, "seed": seed,
               "time_limit_s": time_limit_s}  # fmt: skip
    for name, value in numbers.items():
        if value is not None and not _is_number(value, whole=not name.endswith("_s")):
            raise UsageError(f"{name}: {value!r} is no number", "Give a number, or leave it out")
    overrides = plan.Overrides(
        writers=writers,
        records=records,
        record_bytes=_sizes(record_bytes),
        trials=trials,
        duration_s=duration_s,
        storages=_texts(storage) or None,
        cases=_texts(case),
        amplify=amplify,
    )
    with tempfile.TemporaryDirectory(prefix="harness-") if results is None else nullcontext(results) as folder:
        request = session.Request(
            scenarios=[scenario.load(one) for one in dict.fromkeys(named)],
            overrides=overrides,
            engine=engine,
            seed=secrets.randbits(32) if seed is None else seed,
            results=Path(folder),
            keep_data=keep_data,
            service_images=_servers(service_images or {}),
            time_limit_s=None if time_limit_s is None else bounds.check_time_limit(time_limit_s, "time_limit_s"),
            command=["python", *sys.argv],
        )
        outcome = session.run(request, _Silent(), log.info)
    if outcome.error is not None:
        raise outcome.error
    found = shown.of(outcome.document, overrides.cases, None if results is None else outcome.stored)
    if engine == "auto" and found.environment and found.environment.name == "local":
        told = "no Docker engine answered: NO CONTAINERS were used, the writers were processes of this host"
        warnings.warn(f"{told}. engine='docker' makes that an error", NoContainersWarning, stacklevel=2)
    return found


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """What was found in a file: the report on its lines, and in the harness's own format the account of every byte."""

    file: str
    report: Report
    account: Account | None

    @property
    def damaged(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.document["damaged"])

    @property
    def document(self) -> Mapping[str, Any]:
        """What ``harness analyze --json`` prints."""
        from harness.report import analysis_json

        return analysis_json.document(self.report, self.account)

    def __str__(self) -> str:
        """What ``harness analyze`` prints."""
        from harness.report import analysis_text

        return analysis_text.render(self.file, self.document)


def analyze(
    file: Names,
    pattern: str | None = None,
    *,
    writers: int | None = None,
    records: int | None = None,
    journals: Names | None = None,
) -> AnalysisResult:
    """Account for the lines of any log, as ``harness analyze`` does.

    ``pattern`` is an RE2 expression with the groups writer, seq and crc, all optional; without it the file is read in
    the harness's own format, where ``journals`` names the folder of what the writers attempted. ``writers`` and
    ``records`` (of each writer) are what is expected. Raises UsageError.
    """
    from harness.analysis import foreign, own

    if pattern is not None and journals is not None:
        raise UsageError("journals: only for the harness's own format", "Leave out the pattern or the journals")
    expected = Expected(writers, records)
    if pattern is not None:
        return AnalysisResult(str(file), foreign.analyze_file(str(file), pattern, expected), None)
    return AnalysisResult(str(file), *own.analyze(str(file), Path(journals) if journals else None, expected))


class _Silent:
    """Progress for nobody."""

    def stage(self, text: str) -> None:
        log.info(text)

    def trial(self, number: int, total: int, trial: object) -> None:
        pass

    def close(self) -> None:
        pass


def _is_number(value: object, whole: bool) -> bool:
    return isinstance(value, int if whole else int | float) and not isinstance(value, bool)


def _sizes(given: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """One size or a range, as a range. Raises UsageError."""
    if given is None:
        return None
    sizes = tuple(given) if isinstance(given, list | tuple) else (given, given)
    if len(sizes) != 2 or not all(_is_number(one, whole=True) for one in sizes):
        raise UsageError(f"record_bytes: {given!r} is no size", "Give a number of bytes, or (smallest, largest)")
    return sizes[0], sizes[1]


def _servers(images: Mapping[str, str]) -> dict[str, str]:
    """The images by server. Raises UsageError for a server that there is not."""
    for name in images:
        if name not in services.names():
            raise UsageError(f"service_images: no server {name!r}", f"There are: {', '.join(services.names())}")
    return dict(images)


def _texts(given: Names | Sequence[Names] | None) -> tuple[str, ...]:
    """One or several, as a tuple."""
    if given is None:
        return ()
    several = [given] if isinstance(given, str | PathLike) else given
    if not isinstance(several, Iterable):
        raise UsageError(f"{given!r} is no name", "Give a text, or several in a list")
    return tuple(str(one) for one in several)
