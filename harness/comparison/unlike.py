"""What is not alike on two sides of a comparison, and so may explain a change by itself."""

from collections.abc import Mapping
from typing import Any

from harness.comparison.model import Difference, MeasuredCase, MeasuredRun

PATTERN = ("strategy", "options", "promises", "expected")
"""settings of a case that are the pattern itself; all others are the load it is under"""


def surroundings(before: MeasuredRun, after: MeasuredRun) -> tuple[Difference, ...]:
    """How the places differ where two runs ran: engine, kernel, processors, file systems, versions."""
    return _differences(before.setting, after.setting)


def load(before: MeasuredCase, after: MeasuredCase) -> tuple[Difference, ...]:
    """How the loads of two cases differ: writers, records, their size, storage."""
    found = _differences(before.setting, after.setting)
    return tuple(one for one in found if not _of_pattern(one))


def pattern(before: MeasuredCase, after: MeasuredCase) -> tuple[Difference, ...]:
    """How the patterns themselves differ: strategy, its options, what it promises and is expected to show."""
    found = _differences(before.setting, after.setting)
    return tuple(one for one in found if _of_pattern(one))


def _of_pattern(one: Difference) -> bool:
    return one.what.partition(".")[0] in PATTERN


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    names = dict.fromkeys([*before, *after])
    return tuple(
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )
