"""What a strategy has to keep for a verdict on it to mean anything; every one is held to it, whoever wrote it.

A verdict asks what was promised. A promise that nobody knows, or none at all, would make every run safe, whatever
happened to its records; so what is declared is checked before anything starts, and named in one line. Standard library
only, as every container imports it.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from harness.promise import Promise
from harness.strategies.base import Feature, Option, Strategy

NETWORKS = ("", "tcp", "udp")
OPTION_TYPES = (bool, int, float, str)
BASE = "harness.strategies.base"


def faults_of_class(found: object) -> Iterator[str]:
    """What is missing or wrong in a strategy's class, in the order in which to mend it."""
    if not isinstance(found, type) or not issubclass(found, Strategy):
        yield f"{_plain(found)} is no class that derives from {BASE}.Strategy"
        return
    summary = getattr(found, "summary", None)
    if not isinstance(summary, str) or not summary.strip() or not summary.isprintable():
        yield f"summary is {'missing' if summary is None else _plain(summary)}: it has to be one line of text"
    if found.open is Strategy.open:
        yield "method open(place) is missing: it has to return a Session"
    yield from _faults_of_options(found.options)


def faults_of_made(made: Strategy) -> Iterator[str]:
    """What is wrong with a strategy whose options are set: its promises, its members, its files."""
    yield from _faults_of_promises(made.promises)
    for attribute in ("services", "programs"):
        yield from _faults_of_servers(attribute, getattr(made, attribute))
    yield from _faults_of_members(made)
    files = made.files()
    if isinstance(files, str) or not isinstance(files, Sequence) or not files:
        yield f"files() returns {_plain(files)}: it has to be one or more names in a tuple or list"
    elif wrong := [name for name in files if not isinstance(name, str) or not name]:
        yield f"files() names {_plain(wrong[0])}: it has to be a name or pattern"


def _faults_of_promises(promises: Any) -> Iterator[str]:
    allowed = f"there are: {', '.join(Promise)}"
    if not isinstance(promises, AbstractSet):
        yield f"promises is {_plain(promises)}: it has to be a set of harness.promise.Promise ({allowed})"
    elif not promises:
        yield f"promises is empty, so that no damage could ever count: promise one or more ({allowed})"
    elif unknown := sorted(repr(one) for one in promises if one not in set(Promise)):
        yield f"no promise {', '.join(unknown)[:200]} ({allowed})"


def _faults_of_members(made: Strategy) -> Iterator[str]:
    for need in made.needs:
        if need not in set(Feature):
            yield f"needs has {_plain(need)}, which is none of {', '.join(Feature)}"
    for attribute, method in (("consumers", "consume"), ("observers", "observe")):
        count = getattr(made, attribute)
        if type(count) is not int or count < 0:
            yield f"{attribute} is {_plain(count)}: it has to be a number from 0 on"
        elif count and getattr(type(made), method) is getattr(Strategy, method):
            yield f"method {method} is missing, and {attribute} is {count}"
    if made.network not in NETWORKS:
        yield f"network is {_plain(made.network)}: it has to be one of {', '.join(map(repr, NETWORKS))}"
    elif made.network and not made.consumers:
        yield "network is set and consumers is 0: there is nobody to reach"


def _faults_of_options(options: Any) -> Iterator[str]:
    if not isinstance(options, Mapping):
        yield f"options is {_plain(options)}: it has to map names to {BASE}.Option"
        return
    for name, option in options.items():
        if not isinstance(name, str) or not name.isidentifier():
            yield f"option {_plain(name)} is no name that an attribute can have"
        elif not isinstance(option, Option):
            yield f"option {name!r} is {_plain(option)}: it has to be an Option(default, help) of {BASE}"
        elif type(option.default) not in OPTION_TYPES:
            yield f"option {name!r} has the default {_plain(option.default)}: it has to be a flag, number or text"


def _faults_of_servers(attribute: str, names: Any) -> Iterator[str]:
    if isinstance(names, str) or not isinstance(names, Sequence):
        yield f"{attribute} is {_plain(names)}: it has to be a tuple of names"
    elif names:
        from harness import services  # takes a while to import, and few strategies need a server

        known = services.names()
        for name in names:
            if name not in known:
                yield f"{attribute} names {_plain(name)}, and there is no such server (there are: {', '.join(known)})"


def _plain(value: object) -> str:
    """A value of somebody else's, short and on one line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
