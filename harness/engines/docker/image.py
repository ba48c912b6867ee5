"""The runtime image: built on first use, named by its content, reused afterwards."""

import io
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines.docker import layout
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.pack import pack
from harness.engines.docker.recipe import BASE_NAME, NAME, SOURCE, Recipe, recipe, source_files
from harness.engines.docker.tree import Tree
from harness.errors import EngineError, HarnessError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
Progress = Callable[[str], None]
LABEL = "harness.image"
CHUNK_BYTES = 2**20
DOCKERFILE = f"FROM {{base}}\nCOPY harness {layout.APPLICATION}/harness\n"


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """What the image is, for people. ``size_bytes`` is None while it is not built."""

    name: str
    base: str
    size_bytes: int | None
    contents: Mapping[str, str]


def ensure(client: "APIClient", wanted: Recipe | None = None, progress: Progress | None = None) -> str:
    """Name of the image, which is there afterwards. Raises EngineError when it cannot be made."""
    wanted = wanted or recipe()
    if _present(client, wanted.image) is None:
        build(client, wanted, progress)
    return wanted.image


def build(client: "APIClient", wanted: Recipe, progress: Progress | None = None, force: bool = False) -> None:
    """Make the image; its base only when it is missing or ``force`` is set."""
    say = progress or log.info
    if force or _present(client, wanted.base_image) is None:
        started = time.monotonic()
        say("packing the runtime image from this host (once)")
        _import_base(client, wanted)
        log.info("base %s packed in %.1f s", wanted.base_image, time.monotonic() - started)
    say("adding the harness to the runtime image")
    _build_top(client, wanted)


def describe(client: "APIClient") -> ImageDescription:
    """The image that this host's recipe names, built or not."""
    wanted = recipe()
    present = _present(client, wanted.image)
    contents = {"python": wanted.python.split()[0], **dict(wanted.distributions)}
    contents |= {program.name: program.path for program in wanted.programs}
    size = int(present["Size"]) if present else None
    return ImageDescription(wanted.image, wanted.base, size, contents)


def remove(client: "APIClient") -> list[str]:
    """Remove all of the harness's images; returns their names. One that is in use stays, with a warning."""
    return _remove(client, frozenset())


def prune(client: "APIClient") -> list[str]:
    """Remove the images of former versions, the present one aside."""
    wanted = recipe()
    return _remove(client, frozenset((wanted.image, wanted.base_image)))


def _remove(client: "APIClient", kept: frozenset[str]) -> list[str]:
    import docker.errors

    removed = []
    with engine_errors("removing images"):
        tags = [tag for image in client.images() for tag in image["RepoTags"] or []]
        ours = [tag for tag in tags if tag.split(":")[0] in (NAME, BASE_NAME) and tag not in kept]
        for tag in sorted(ours, key=lambda tag: tag.startswith(BASE_NAME)):
            try:
                client.remove_image(tag)
            except docker.errors.APIError as error:
                log.warning("image %s stays: %s", tag, error.explanation)
                continue
            removed.append(tag)
    return removed


def _present(client: "APIClient", name: str) -> dict[str, Any] | None:
    import docker.errors

    with engine_errors(f"looking for image {name}"):
        try:
            found: dict[str, Any] = client.inspect_image(name)
        except docker.errors.ImageNotFound:
            return None
        return found


def _import_base(client: "APIClient", wanted: Recipe) -> None:
    repository, tag = wanted.base_image.split(":")
    changes = [f'ENV {name}="{value}"' for name, value in layout.ENVIRONMENT.items()]
    changes += [f"LABEL {LABEL}=base", f"USER {layout.USER}", "WORKDIR /tmp"]
    packer = Packer(wanted)
    try:
        with engine_errors(f"importing image {wanted.base_image}"):
            client.import_image_from_data(packer.chunks(), repository=repository, tag=tag, changes=changes)
    except EngineError:
        packer.check()
        raise
    packer.check()
    if _present(client, wanted.base_image) is None:
        raise EngineError(f"the engine did not keep image {wanted.base_image}", "see the engine's log")


class Packer:
    """Packs in a thread while the daemon reads, so that nothing is copied to disk or held in memory."""

    def __init__(self, wanted: Recipe) -> None:
        self._wanted = wanted
        self._failure: BaseException | None = None

    def chunks(self) -> Iterator[bytes]:
        """The base as a tar stream; cut short when packing fails."""
        read_end, write_end = os.pipe()
        thread = threading.Thread(target=self._produce, args=(write_end,), name="pack", daemon=True)
        thread.start()
        with os.fdopen(read_end, "rb", buffering=0) as source:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk
        thread.join()
        self.check()

    def check(self) -> None:
        """Raise EngineError when packing failed."""
        if isinstance(self._failure, HarnessError):
            raise self._failure
        if self._failure is not None:
            raise EngineError(f"packing the image from this host failed: {self._failure}") from self._failure

    def _produce(self, write_end: int) -> None:
        try:
            with os.fdopen(write_end, "wb") as sink:
                pack(self._wanted, sink)
        except BrokenPipeError:
            log.debug("the engine stopped reading")
        except BaseException as error:  # noqa: BLE001 - handed to the caller by check
            self._failure = error


def _build_top(client: "APIClient", wanted: Recipe) -> None:
    context = io.BytesIO()
    with Tree(context) as tree:
        for source in source_files(SOURCE):
            target = f"/harness/{source.relative_to(SOURCE)}"
            if source.suffix == ".py":
                tree.module(target, source)
            else:
                tree.file(target, source)
        tree.content("/Dockerfile", DOCKERFILE.format(base=wanted.base_image).encode())
    context.seek(0)
    with engine_errors(f"building image {wanted.image}"):
        answers = client.build(
            fileobj=context,
            custom_context=True,
            tag=wanted.image,
            labels={LABEL: "top"},
            network_mode="none",
            rm=True,
            decode=True,
        )
        for answer in answers:
            if "error" in answer:
                raise EngineError(f"building image {wanted.image}: {answer['error']}", "see the engine's log")
