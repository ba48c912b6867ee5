"""Looking after the machine: what it can run, what killed runs left, the runtime image."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness import services, strategies
from harness.analysis import inner
from harness.engines.docker.client import connect, docker_available
from harness.errors import EngineError, UsageError

GHOSTS = (
    "Try again; a network whose 'active endpoints' no container has is a miscount of the engine's own, "
    "which ends when the engine is started anew"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``needed`` when nothing runs without it."""

    what: str
    good: bool
    detail: str
    remedy: str = ""
    needed: bool = False


def examine() -> list[Finding]:
    """What this machine can run, and how to mend what it cannot."""
    reachable, reason = docker_available()
    found = [
        Finding("Python", True, platform.python_version(), needed=True),
        _cpus(os.cpu_count() or 1),
        Finding(
            "Docker engine", reachable, reason, "" if reachable else "until then --engine local uses no containers"
        ),
        _program("bash", "the echo cases need it"),
        _compiled(inner.COMPILED),
    ]
    needed: set[str] = set()
    for name in strategies.names():
        try:
            needed.update(strategies.check(name).services)
        except UsageError as error:
            found.append(Finding(f"strategy {name}", False, error.message, error.remedy))
    for name in sorted(needed):
        service = services.load(name)
        path = service.find()
        found.append(Finding(f"{name} server", path is not None, path or "not found", "" if path else service.remedy))
    if reachable:
        found += _image_and_leftovers()
    return found


def _cpus(count: int) -> Finding:
    return Finding("CPUs", count > 1, str(count), "" if count > 1 else "with one CPU writers rarely collide")


def _compiled(built: bool) -> Finding:
    """Whether the analysis's inner loops were compiled when the harness was installed."""
    if built:
        return Finding("compiled analysis", True, "used")
    remedy = "Analysis works, but slower; for the fast one install a C compiler, then the harness again"
    return Finding("compiled analysis", False, "not built", remedy)


def _program(name: str, why: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, path is not None, path or "not found", "" if path else why)


def _image_and_leftovers() -> list[Finding]:
    from harness.engines.docker import cleanup, image, loop
    from harness.engines.docker.ownership import Owner

    try:
        client = connect()
        described = image.describe(client)
        left = [item for item in cleanup.find_leftovers(client) if item.owner is Owner.GONE]
    except EngineError as error:
        return [Finding("runtime image", False, error.message, error.remedy)]
    there = "built" if described.size_bytes is not None else "not built yet: the first run does, in seconds"
    return [
        *(_storage(f"image:{kind}") for kind in loop.MAKERS),
        Finding("runtime image", True, f"{described.name}, {there}"),
        Finding(
            "left by killed runs",
            not left,
            f"{len(left)} containers, networks, volumes and files" if left else "nothing",
            "'harness clean' removes it" if left else "",
        ),
    ]


def _storage(storage: str) -> Finding:
    from harness.engines.docker.engine import DockerEngine

    lack = DockerEngine().lacks_storage(storage)
    return Finding(
        f"storage {storage}", lack is None, lack.reason if lack else "can be made", lack.remedy if lack else ""
    )


def clean(force: bool) -> Iterator[str]:
    """Remove what ended runs left, on both engines; yields a line per kind of thing. Raises EngineError."""
    from harness.engines.local import remove_leftovers

    if folders := remove_leftovers():
        yield f"removed the data of {folders} local runs"
    reachable, reason = docker_available()
    if not reachable:
        yield f"{reason}: there is nothing of Docker's to look through"
        return
    yield clean_docker(force) or "nothing was left"


def clean_docker(force: bool = False) -> str:
    """Remove what ended runs left on the Docker engine; says what it did, nothing where nothing was.

    Raises EngineError for what could not be removed.
    """
    from harness.engines.docker import cleanup

    done = cleanup.clean(force=force)
    if done.problems:
        raise EngineError(f"could not remove everything: {'; '.join(done.problems)}", GHOSTS)
    told = (
        ("removed", done.removed),
        ("left alone, their run is alive", done.running),
        ("left alone, made by another host (--force takes them)", done.unknown),
    )
    return "; ".join(_counted(what, counts) for what, counts in told if counts)


def tidy_docker() -> str:
    """The same before a run, which what cannot be removed does not hinder: says only what a killed run left."""
    from harness.engines.docker import cleanup

    try:
        done = cleanup.clean(patience_s=0)
    except EngineError as error:
        return f"what killed runs left was not removed: {error}"
    if done.problems:
        return f"a killed run left what could not be removed: {'; '.join(done.problems)}. {GHOSTS}"
    return f"removed what a killed run left: {_counted('', done.removed)}" if done.removed else ""


def _counted(what: str, counts: Mapping[str, int]) -> str:
    plural = {"directory": "directories"}
    listed = ", ".join(f"{n} {kind if n == 1 else plural.get(kind, kind + 's')}" for kind, n in counts.items() if n)
    return f"{what}: {listed}" if what and listed else listed


def image(rebuild: bool, prune: bool, remove: bool, notice: Callable[[str], None]) -> Iterator[str]:
    """Show, build or remove the runtime image; yields lines. Raises EngineError."""
    reachable, reason = docker_available()
    if not reachable:
        raise EngineError(reason)
    from harness.engines.docker import image as images
    from harness.engines.docker.recipe import recipe

    client = connect()
    if prune or remove:
        gone = images.prune(client) if prune else images.remove(client)
        yield from (f"removed {name}" for name in gone)
        return
    if rebuild:
        images.build(client, recipe(), notice, force=True)
    images.ensure(client, progress=notice)
    described = images.describe(client)
    yield f"{described.name}, {(described.size_bytes or 0) / 1e6:.0f} MB, base: {described.base}"
    yield from (f"    {what} {version}" for what, version in described.contents.items())
