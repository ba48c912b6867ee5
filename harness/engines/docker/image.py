"""The runtime image: built on first use, named by its content, reused afterwards."""

import importlib.metadata
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines.docker import builder, installed, layout, once, slim
from harness.engines.docker.client import find_image
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.recipe import BASE_NAME, HOST, NAME, REQUIRED, Recipe, recipe
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
Progress = Callable[[str], None]
CHECK_RUN = "image-check"


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """What the image is, for people. ``size_bytes`` is None while it is not built."""

    name: str
    base: str
    size_bytes: int | None
    contents: Mapping[str, str]


def ensure(client: "APIClient", wanted: Recipe | None = None, progress: Progress | None = None) -> str:
    """Name of the image, which is there afterwards. Raises EngineError when it cannot be made.

    An image that is there is taken, whatever its base. Else the official Python image is the base where the engine
    has it and what this host lays above it works there; else all is packed from this host.
    """
    wanted = wanted or choose(client)
    if find_image(client, wanted.image) is None:
        try:
            build(client, wanted, progress)
        except EngineError as error:
            if wanted.base == HOST:
                raise
            log.warning("no image on %s: %s; packing all from this host instead", wanted.base, error.message)
            return ensure(client, recipe(), progress)
    return wanted.image


def choose(client: "APIClient") -> Recipe:
    """The recipe to use on this engine: of the image that is there, else of the one to build."""
    packed = recipe()
    if find_image(client, packed.image) is not None:
        return packed
    base = slim.find(client)
    return recipe(base) if base else packed


def build(client: "APIClient", wanted: Recipe, progress: Progress | None = None, force: bool = False) -> None:
    """Make the image; its base only when it is missing or ``force`` is set. What it replaces is removed."""
    say = progress or log.info
    replaced = {name: find_image(client, name) for name in (wanted.image, wanted.base_image)}
    if force or replaced[wanted.base_image] is None:
        started = time.monotonic()
        say(f"making the runtime image from {'this host' if wanted.base == HOST else wanted.base} (once)")
        (builder.pack_base if wanted.base == HOST else builder.lay_above_slim)(client, wanted)
        log.info("base %s made in %.1f s", wanted.base_image, time.monotonic() - started)
    say("adding the harness to the runtime image")
    builder.add_harness(client, wanted)
    for name, before in replaced.items():
        _forget(client, name, before)
    try:
        check(client, wanted)
    except EngineError:
        _remove(client, lambda tag: tag not in (wanted.image, wanted.base_image))
        raise


def check(client: "APIClient", wanted: Recipe) -> None:
    """Try what members need in a container of the image. Raises EngineError when it does not work there."""
    modules = ", ".join(REQUIRED)
    once.run(client, wanted.image, CHECK_RUN, (layout.PYTHON, "-S", "-c", f"import {modules}, harness.model"))
    for program in wanted.programs:
        argv = (f"{layout.PROGRAMS}/{program.name}", "--version")
        once.run(client, wanted.image, CHECK_RUN, argv, environment={"LD_LIBRARY_PATH": layout.LIBRARIES})


def describe(client: "APIClient") -> ImageDescription:
    """The image that is there for this host, or that would be built."""
    wanted = choose(client)
    present = find_image(client, wanted.image)
    contents = {"python": wanted.python.split()[0], **dict(wanted.distributions)}
    contents |= {name: importlib.metadata.version(name) for name in installed.announcing()}
    contents |= {program.name: program.path for program in wanted.programs}
    size = int(present["Size"]) if present else None
    return ImageDescription(wanted.image, wanted.base, size, contents)


def remove(client: "APIClient") -> list[str]:
    """Remove all of the harness's images; returns their names. One that is in use stays, with a warning."""
    return _remove(client, lambda _tag: False)


def prune(client: "APIClient") -> list[str]:
    """Remove the images of former versions, the present one aside."""
    wanted = choose(client)
    return _remove(client, lambda tag: tag in (wanted.image, wanted.base_image))


def _remove(client: "APIClient", stays: Callable[[str], bool]) -> list[str]:
    import docker.errors

    removed = []
    with engine_errors("removing images"):
        tags = [tag for image in client.images() for tag in image["RepoTags"] or []]
        ours = [tag for tag in tags if tag.split(":")[0] in (NAME, BASE_NAME) and not stays(tag)]
        for tag in sorted(ours, key=lambda tag: tag.startswith(BASE_NAME)):
            try:
                client.remove_image(tag)
            except docker.errors.APIError as error:
                log.warning("image %s stays: %s", tag, error.explanation)
                continue
            removed.append(tag)
    return removed


def _forget(client: "APIClient", name: str, before: dict[str, Any] | None) -> None:
    """Remove what ``name`` stood for until it was built anew, which would stay without any name."""
    import docker.errors

    now = find_image(client, name)
    if before is None or (now and now["Id"] == before["Id"]):
        return
    try:
        client.remove_image(before["Id"])
    except docker.errors.APIError as error:
        log.info("the former %s stays: %s", name, error.explanation)
