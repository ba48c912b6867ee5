"""One way to coordinate writers per file; this module finds them.

A strategy named ``lock-dir`` is the class ``STRATEGY`` of ``harness/strategies/lock_dir.py``. One from another
package is announced by an entry point of the group ``harness.strategies``. Modules that start with an
underscore, and ``base``, are no strategies.
"""

import importlib
import pkgutil

from harness.errors import UsageError
from harness.strategies.base import Option, Strategy

ENTRY_POINTS = "harness.strategies"
_NOT_STRATEGIES = {"base"}


def names() -> list[str]:
    """All strategies that there are, sorted."""
    shipped = (module.name for module in pkgutil.iter_modules(__path__))
    own = {n.replace("_", "-") for n in shipped if not n.startswith("_") and n not in _NOT_STRATEGIES}
    return sorted(own | _announced().keys())


def load(name: str) -> type[Strategy]:
    """The strategy of that name. Raises KeyError when there is none, UsageError when another package's is broken."""
    module = name.replace("-", "_")
    if name.isascii() and module.isidentifier() and not module.startswith("_") and module not in _NOT_STRATEGIES:
        try:
            loaded = importlib.import_module(f"{__name__}.{module}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{module}":
                raise
        else:
            strategy: type[Strategy] = loaded.STRATEGY
            return strategy
    return _load_announced(name)


def _load_announced(name: str) -> type[Strategy]:
    target = _announced()[name]
    module, _, attribute = target.partition(":")
    try:
        strategy: type[Strategy] = getattr(importlib.import_module(module), attribute or "STRATEGY")
    except Exception as error:
        raise UsageError(
            f"strategy {name!r} of another package ({target}) cannot be imported: {type(error).__name__}: {error}",
            "mend or remove that package",
        ) from error
    if fault := _fault(strategy):
        raise UsageError(f"strategy {name!r} of another package ({target}) {fault}", "mend or remove that package")
    return strategy


def _fault(strategy: object) -> str:
    """What makes something that was announced no strategy, or nothing."""
    from harness import services

    if not (isinstance(strategy, type) and issubclass(strategy, Strategy)):
        return "is no subclass of harness.strategies.base.Strategy"
    if not isinstance(getattr(strategy, "summary", None), str):
        return "has no summary"
    if strategy.open is Strategy.open:
        return "has no method open"
    wrong = [name for name, option in strategy.options.items() if not isinstance(option, Option)]
    if wrong:
        return f"has an option {wrong[0]!r} that is no harness.strategies.base.Option"
    unknown = sorted({*strategy.services} - {*services.names()})
    return f"needs a service {unknown[0]!r}, which there is not" if unknown else ""


def _announced() -> dict[str, str]:
    """Strategies of other packages: name -> ``module:attribute``."""
    from importlib.metadata import entry_points  # slow to import, and agents rarely need it

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
