"""Removal, by label and by nothing else, of what runs leave on an engine.

A run removes its own things when it closes. What a killed run left is found here: it carries the
label of its run and of the process that owned it, and is left alone while that process lives.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.engines.base import LABEL
from harness.engines.docker import directories, loop
from harness.engines.docker.client import connect
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.ownership import OWNER_LABEL, Owner, OwnerId, state
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
KINDS = ("container", "network", "volume", "directory", "image")
ORDER = (("container",), ("network", "volume", "directory"), ("image",))
"""of removal: containers before what they hold, a volume before the file that its file system is in"""
REMOVAL_THREADS = 16
PATIENCE_S = 10.0
"""How long a thing that is still in use is tried again."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing with a run's label. ``owner``: whether the process that made it still lives."""

    kind: str
    name: str
    run_id: str
    owner: Owner


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was removed and what was left alone, by kind; ``problems`` names what could not be removed."""

    removed: Mapping[str, int]
    running: Mapping[str, int]
    unknown: Mapping[str, int]
    problems: tuple[str, ...] = field(default=())


def find_leftovers(client: "APIClient") -> list[Leftover]:
    """All that carries the label of a run, whoever made it, and the file systems in files of this host."""
    images = [Leftover("image", str(path), run_id, state(owner)) for path, run_id, owner in loop.found()]
    return _find(client, LABEL) + images


def clean(client: "APIClient | None" = None, force: bool = False, patience_s: float = PATIENCE_S) -> Cleaned:
    """Remove what ended runs left. A live run's things stay; those of another host's process go only with
    ``force``, which takes all."""
    client = client or connect(REMOVAL_THREADS)
    found = find_leftovers(client)
    doomed = [item for item in found if force or item.owner is Owner.GONE]
    problems = remove(client, doomed, patience_s)
    spared = [item for item in found if item not in doomed]
    return Cleaned(
        removed=_counts(item for item in doomed if item not in problems),
        running=_counts(item for item in spared if item.owner is Owner.ALIVE),
        unknown=_counts(item for item in spared if item.owner is Owner.UNKNOWN),
        problems=tuple(problems.values()),
    )


def remove_run(client: "APIClient", run_id: str) -> dict[Leftover, str]:
    """Remove all that carries the label of one run; returns what could not be removed, and why."""
    return remove(client, [item for item in find_leftovers(client) if item.run_id == run_id])


def remove(client: "APIClient", items: Iterable[Leftover], patience_s: float = PATIENCE_S) -> dict[Leftover, str]:
    """Remove ``items`` in their ORDER, each step in parallel. Returns what stays, and why."""
    waiting = list(items)
    problems: dict[Leftover, str] = {}
    for item in waiting:
        if item.kind == "network":
            _disconnect_all(client, item.name)
    with ThreadPoolExecutor(REMOVAL_THREADS, "remove") as pool:
        for kinds in ORDER:
            batch = [item for item in waiting if item.kind in kinds]
            outcomes = pool.map(lambda item: _remove_one(client, item, patience_s), batch)
            problems |= {item: problem for item, problem in zip(batch, outcomes, strict=True) if problem}
    return problems


def _find(client: "APIClient", label: str) -> list[Leftover]:
    wanted = {"label": label}
    with engine_errors("looking for what runs left"):
        containers = client.containers(all=True, filters=wanted)
        networks = client.networks(filters=wanted)
        volumes = client.volumes(filters=wanted)["Volumes"] or []
    found = [_leftover("container", item["Id"], item) for item in containers]
    found += [_leftover("network", item["Id"], item) for item in networks]
    found += [_leftover("volume", item["Name"], item) for item in volumes]
    made = {path: item for item in containers for path in directories.labelled(item["Labels"], item["Labels"][LABEL])}
    return found + [_leftover("directory", path, item) for path, item in made.items()]


def _leftover(kind: str, name: str, item: Mapping[str, Any]) -> Leftover:
    labels = item["Labels"]
    return Leftover(kind, name, labels[LABEL], state(OwnerId.from_label(labels.get(OWNER_LABEL, ""))))


def _disconnect_all(client: "APIClient", network: str) -> None:
    """Take containers off a network one after the other, before they are removed all at once.

    Engines lose count of a network's endpoints when several go at the same instant, and then refuse to remove it until
    they are started anew: seen in one of six removals of twelve containers, Engine 20.10 (moby/moby#42119).
    """
    try:
        with engine_errors(f"looking at network {network}"):
            connected = client.inspect_network(network)["Containers"] or {}
        for container in connected:
            with engine_errors(f"disconnecting {container}"):
                client.disconnect_container_from_network(container, network, force=True)
    except EngineError as error:
        log.debug("%s", error)  # whatever it means for the network, its own removal will tell


def _remove_one(client: "APIClient", item: Leftover, patience_s: float) -> str:
    """Remove it; returns the problem, or nothing. What is gone already is no problem."""
    removal: dict[str, Callable[[], object]] = {
        "container": lambda: client.remove_container(item.name, force=True, v=True),
        "network": lambda: client.remove_network(item.name),
        "volume": lambda: client.remove_volume(item.name, force=True),
        "directory": lambda: directories.remove(client, item.name, item.run_id),
        "image": lambda: loop.remove(Path(item.name)),
    }
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _unless_gone(removal[item.kind], f"removing {item.kind} {item.name}")
        except EngineError as error:
            busy = any(word in error.message for word in ("in use", "in progress", "active endpoints"))
            if busy and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            log.info("%s", error)
            return error.message
        return ""


def _unless_gone(call: Callable[[], object], action: str) -> None:
    import docker.errors

    with engine_errors(action):
        try:
            call()
        except docker.errors.NotFound:
            return


def _counts(items: Iterable[Leftover]) -> dict[str, int]:
    counted = Counter(item.kind for item in items)
    return {kind: counted[kind] for kind in KINDS if counted[kind]}
