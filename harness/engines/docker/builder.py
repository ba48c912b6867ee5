"""Makes images through the engine, in two steps: a base that changes seldom, and the harness above it.

Without network: the base is imported as one stream, or built above an image that is there; nothing is run in a build.
"""

import io
import logging
import os
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from harness.engines.docker import layout, slim
from harness.engines.docker.client import find_image
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.pack import file, pack
from harness.engines.docker.recipe import SOURCE, Recipe, announced_files, source_files
from harness.engines.docker.tree import Tree
from harness.errors import EngineError, HarnessError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
LABEL = "harness.image"
CHUNK_BYTES = 2**20
DOCKERFILE = "FROM {base}\nCOPY opt /opt\n"
"""for APPLICATION and PACKAGES, in one layer"""


def pack_base(client: "APIClient", wanted: Recipe) -> None:
    """The base packed from this host."""
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
    if find_image(client, wanted.base_image) is None:
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


def lay_above_slim(client: "APIClient", wanted: Recipe) -> None:
    """The base by laying packages and servers above the official Python image."""
    with tempfile.TemporaryFile() as context:
        slim.write_context(wanted, context)
        context.seek(0)
        _build(client, context, wanted.base_image, "base")


def add_harness(client: "APIClient", wanted: Recipe) -> None:
    """The image by laying above its base what changes often: the harness, and packages that announce strategies."""
    context = io.BytesIO()
    with Tree(context) as tree:
        for source in source_files(SOURCE):
            target = f"{layout.APPLICATION}/harness/{source.relative_to(SOURCE)}"
            if source.suffix == ".py":
                tree.module(target, source)
            else:
                tree.file(target, source)
        for inside, path in announced_files():
            for _ in file(tree, f"{layout.PACKAGES}/{inside}", path):
                pass  # what it links to is in the base, or beside it
        tree.content("/Dockerfile", DOCKERFILE.format(base=wanted.base_image).encode())
    context.seek(0)
    _build(client, context, wanted.image, "top")


def _build(client: "APIClient", context: IO[bytes], name: str, kind: str) -> None:
    with engine_errors(f"building image {name}"):
        answers = client.build(
            fileobj=context,
            custom_context=True,
            tag=name,
            labels={LABEL: kind},
            network_mode="none",
            rm=True,
            forcerm=True,
            decode=True,
        )
        for answer in answers:
            if "error" in answer:
                raise EngineError(f"building image {name}: {answer['error']}", "see the engine's log")
