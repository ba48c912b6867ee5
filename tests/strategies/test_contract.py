"""The contract that every strategy keeps, shipped or added later."""

import inspect
import re

import pytest

from harness import services, strategies
from harness.promise import Promise
from harness.strategies import contract
from harness.strategies.base import Option

ALL = strategies.names()


@pytest.mark.parametrize("name", ALL)
def test_a_strategy_tells_what_it_is(name: str) -> None:
    strategy = strategies.load(name)
    assert strategy.summary
    assert "\n" not in strategy.summary
    text = inspect.getdoc(inspect.getmodule(strategy)) or ""
    for part in ("Promises", "Storage:", "Cost", "System calls", "Source:"):
        assert re.search(rf"^{part}", text, re.MULTILINE), f"its docstring has a line that begins with {part!r}"


@pytest.mark.parametrize("name", ALL)
def test_a_strategy_declares_options_promises_and_services(name: str) -> None:
    strategy = strategies.load(name)
    made = strategies.make(name, {})
    assert strategies.check(name) is strategy
    assert not [*contract.faults_of_class(strategy), *contract.faults_of_made(made)]
    assert made.promises
    assert all(isinstance(promise, Promise) for promise in made.promises)
    assert made.files()
    for option_name, option in strategy.options.items():
        assert isinstance(option, Option)
        assert option.help
        assert getattr(made, option_name) == option.default
    assert made.network in ("", "tcp", "udp")
    assert made.consumers or not made.network, "there is nobody to reach over the network"
    for service in strategy.services:
        assert services.load(service).name == service


@pytest.mark.parametrize("name", ALL)
def test_an_unknown_option_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown option 'no_such_option'"):
        strategies.load(name)({"no_such_option": 1})


def test_an_unknown_strategy() -> None:
    for name in ("none", "_redis", "base", "../append", "append.py"):
        with pytest.raises(KeyError):
            strategies.load(name)


def test_options_keep_their_bounds() -> None:
    queue = strategies.load("redis-list")
    with pytest.raises(ValueError, match="option 'consumers' must be at most 16, not 17"):
        queue({"consumers": 17})
    with pytest.raises(ValueError, match="option 'consumers' must be at least 1, not 0"):
        queue({"consumers": 0})


def test_promises_follow_options() -> None:
    queue = strategies.load("redis-list")
    assert Promise.WRITER_ORDER in queue({}).promises
    assert Promise.WRITER_ORDER not in queue({"consumers": 3}).promises
    assert Promise.NO_DUPLICATES in queue({}).promises
    assert Promise.NO_DUPLICATES not in queue({"acknowledge": True}).promises
