"""Which cases can run on this host, decided before anything starts.

A case that cannot is skipped with the reason and the remedy, and never counts as safe: a server without
a program, a storage that cannot be made, an engine that lacks what the strategy is about.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from harness import services
from harness.engines.base import Engine
from harness.model import Case, Skip
from harness.scenario import strategy_of


def mark(engine: Engine, cases: Iterable[Case]) -> list[Case]:
    """The same cases, those that ``engine`` cannot run on this host with a ``skip``.

    Raises UsageError for a storage that is nobody's to make, such as a bind path that is not there.
    """
    lacks_storage, lacks_service = cache(engine.lacks_storage), cache(engine.lacks_service)

    def lack(case: Case) -> Skip | None:
        strategy = strategy_of(case)
        for feature in strategy.needs:
            if feature not in engine.features:
                return Skip(f"the {engine.name} engine has no {feature}", "use the docker engine")
        for name in strategy.services:
            if missing := lacks_service(services.load(name)):
                return missing
        for name in strategy.programs:
            service = services.load(name)
            if service.find() is None:
                return Skip(f"no {name} program on this host", service.remedy)
        return lacks_storage(case.storage)

    return [replace(case, skip=lack(case)) for case in cases]


def runnable(cases: Iterable[Case]) -> list[Case]:
    """Those that are not skipped."""
    return [case for case in cases if case.skip is None]
