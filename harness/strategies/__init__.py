"""One way to coordinate writers per file; this module finds them.

A strategy named ``lock-dir`` is the class ``STRATEGY`` of ``harness/strategies/lock_dir.py``. One from another
package is announced by an entry point of the group ``harness.strategies``. Modules that start with an
underscore, ``base`` and ``contract`` are no strategies. What is found is held to ``contract`` when it is loaded, and
again when it is made with its options.
"""

import contextlib
import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.errors import UsageError
from harness.strategies import contract
from harness.strategies.base import Strategy

ENTRY_POINTS = "harness.strategies"
MEND = "mend it there; docs/strategies.md says what a strategy has"
MEND_PACKAGE = "mend or remove that package; docs/strategies.md says what a strategy has"
_NOT_STRATEGIES = {"base", "contract"}


class _Source(NamedTuple):
    """Where a strategy is from: a module's attribute, and the package that announces it (empty: the harness's own)."""

    target: str
    package: str

    def of(self, name: str) -> str:
        """The strategy as messages call it."""
        if not self.package:
            return f"strategy {name!r} ({self.target})"
        return f"strategy {name!r} of package {self.package!r} ({self.target})"

    def error(self, name: str, message: str) -> UsageError:
        """What is wrong with it, and who is to mend it."""
        return UsageError(f"{self.of(name)} {message}", MEND_PACKAGE if self.package else MEND)


def names() -> list[str]:
    """All strategies that there are, sorted."""
    shipped = (module.name for module in pkgutil.iter_modules(__path__))
    own = {n.replace("_", "-") for n in shipped if not n.startswith("_") and n not in _NOT_STRATEGIES}
    return sorted(own | _announced().keys())


def load(name: str) -> type[Strategy]:
    """The strategy of that name. Raises KeyError when there is none, UsageError when it is broken."""
    source = _own(name) or _announced()[name][0]
    module, _, attribute = source.target.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute or "STRATEGY")
    except Exception as error:
        raise source.error(name, f"cannot be imported: {type(error).__name__}: {error}") from error
    for fault in contract.faults_of_class(found):
        raise source.error(name, f"is no strategy yet: {fault}")
    strategy: type[Strategy] = found
    return strategy


def make(name: str, options: Mapping[str, Any]) -> Strategy:
    """The strategy of that name with its options set, fit to be judged.

    Raises KeyError when there is none, ValueError that names a wrong option, UsageError when the strategy is broken:
    what it promises decides what counts as damage, so a promise that nobody knows must not get as far as a verdict.
    """
    strategy = load(name)
    source = _own(name) or _announced()[name][0]
    try:
        made = strategy(options)
        faults = list(contract.faults_of_made(made))
    except ValueError:
        raise
    except Exception as error:
        raise source.error(name, f"cannot be made: {type(error).__name__}: {error}") from error
    if faults:
        raise source.error(name, f"is no strategy yet: {faults[0]}")
    return made


def check(name: str) -> type[Strategy]:
    """The strategy of that name, held to all that can be asked of it without options.

    Raises as ``make`` and ``check_name`` do.
    """
    check_name(name)
    with contextlib.suppress(ValueError):  # one that works with options alone is judged once it has them
        make(name, {})
    return load(name)


def check_name(name: str) -> None:
    """Raise UsageError where the name is not one strategy's: nobody could tell which of them was tried."""
    others = _announced().get(name, ())
    if others and (own := _own(name)):
        raise others[0].error(name, f"has the name of one of the harness's own ({own.target}): give it another")
    if len(others) > 1:
        raise others[0].error(name, f"is announced by package {others[1].package!r} as well: give it another name")


def _own(name: str) -> _Source | None:
    """The harness's own strategy of that name, if there is one."""
    module = name.replace("-", "_")
    if not name.isascii() or not module.isidentifier() or module.startswith("_") or module in _NOT_STRATEGIES:
        return None
    place = f"{__name__}.{module}"
    return _Source(f"{place}:STRATEGY", "") if importlib.util.find_spec(place) else None


@functools.cache
def _announced() -> Mapping[str, tuple[_Source, ...]]:
    """Strategies that packages announce: name -> by whom."""
    from importlib.metadata import entry_points  # slow to import, and agents rarely need it

    found: dict[str, tuple[_Source, ...]] = {}
    for point in entry_points(group=ENTRY_POINTS):
        source = _Source(point.value, point.dist.name if point.dist else "?")
        if source not in found.get(point.name, ()):
            found[point.name] = (*found.get(point.name, ()), source)
    return found
