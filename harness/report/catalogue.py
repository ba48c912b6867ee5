"""What there is: scenarios and strategies, for ``harness list`` and ``harness show``."""

import inspect
from typing import Any

from tabulate import tabulate

from harness import scenario as scenarios
from harness import strategies
from harness.errors import UsageError, counted
from harness.model import Case
from harness.scenario import Scenario, strategy_of
from harness.strategies.base import Strategy


def document() -> dict[str, Any]:
    """All shipped scenarios and all strategies."""
    return {
        "scenarios": [
            {"name": one.name, "title": one.title, "cases": [case.name for case in one.cases]} for one in _shipped()
        ],
        "strategies": [_strategy(name) for name in strategies.names()],
    }


def listing() -> str:
    """The same as text."""
    rows = [[one.name, one.title, ", ".join(case.name for case in one.cases)] for one in _shipped()]
    known = [[one["name"], one["summary"]] for one in map(_strategy, strategies.names())]
    return (
        tabulate(rows, ("scenario", "what it tries", "cases"), tablefmt="simple", maxcolwidths=[None, 48, 60])
        + "\n\n"
        + tabulate(known, ("strategy", "how writers coordinate"), tablefmt="simple")
        + "\n\n'harness show SCENARIO' tells more; 'harness run SCENARIO' runs it."
    )


def scenario_document(one: Scenario) -> dict[str, Any]:
    """A scenario with its cases and what their strategies promise."""
    return {
        "name": one.name,
        "title": one.title,
        "description": one.description,
        "writers": one.writers,
        "trials": one.trials,
        "storage": list(one.storages),
        "cases": [_case(case) for case in one.cases],
    }


def page(one: Scenario) -> str:
    """A scenario as text."""
    rows = [
        [case.name, case.expected, case.control or "-", _call(case), case.workload.records, _size(case), case.summary]
        for case in one.cases
    ]
    headers = ("case", "expected", "control", "strategy", "records", "bytes", "what it does")
    told = dict.fromkeys(case.strategy for case in one.cases)
    pages = [f"{name}\n{_indented(_doc(strategies.load(name)))}" for name in told]
    promises = [f"{case.name}: {', '.join(sorted(strategy_of(case).promises))}" for case in one.cases]
    members = f"{counted(one.writers, 'writer')}, {counted(one.trials, 'trial')}"
    return "\n\n".join(
        [
            f"{one.name}: {one.title}",
            one.description,
            f"{members}, storage {', '.join(one.storages)}; from {one.source}",
            tabulate(rows, headers, tablefmt="simple", maxcolwidths=[None, None, None, 30, None, None, 60]),
            "Promises, which the analysis holds each case to\n" + _indented("\n".join(promises)),
            "Strategies",
            *pages,
        ]
    )


def _shipped() -> list[Scenario]:
    return [scenarios.load(name) for name in scenarios.shipped()]


def _strategy(name: str) -> dict[str, Any]:
    """A strategy; of one that is broken, what is wrong with it."""
    try:
        strategy = strategies.check(name)
    except UsageError as error:
        return {"name": name, "summary": f"BROKEN: {error}", "options": {}}
    return {"name": name, "summary": strategy.summary, "options": _options(strategy)}


def _case(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "summary": case.summary,
        "strategy": case.strategy,
        "options": case.options,
        "promises": sorted(strategy_of(case).promises),
        "expected": case.expected,
        "control": case.control,
        "records": case.workload.records,
        "record_bytes": [case.workload.record_bytes_min, case.workload.record_bytes_max],
    }


def _options(strategy: type[Strategy]) -> dict[str, Any]:
    return {
        name: {"default": option.default, "help": option.help, "choices": list(option.choices)}
        for name, option in strategy.options.items()
    }


def _doc(strategy: type[Strategy]) -> str:
    module = inspect.getmodule(strategy)
    text = inspect.getdoc(module) or strategy.summary
    options = [f"{name} = {option.default!r}: {option.help}" for name, option in strategy.options.items()]
    return text + ("\n\nOptions: " + "\n         ".join(options) if options else "")


def _call(case: Case) -> str:
    options = ", ".join(f"{name}={value}" for name, value in case.options.items())
    return f"{case.strategy} ({options})" if options else case.strategy


def _size(case: Case) -> str:
    low, high = case.workload.record_bytes_min, case.workload.record_bytes_max
    return str(low) if low == high else f"{low}-{high}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())
