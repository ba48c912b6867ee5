"""The official Python image as the base, where the engine has it in this interpreter's version.

Packages and servers still come from this host, laid above it; what they link to is in the official image, or is
laid beside the servers. Whether that fits is not guessed but tried: see image.ensure.
"""

import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.engines.docker import layout, libraries, pack
from harness.engines.docker.client import find_image
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.recipe import Program, Recipe
from harness.engines.docker.tree import Tree
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
NAMES = (f"python:{VERSION}-slim", "python:3-slim")
PULL_TIMEOUT_S = 300
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
C_LIBRARY = ("libc.so", "libm.so", "libpthread.so", "libdl.so", "librt.so", "libresolv.so", "libutil.so", "libnss_")
"""Come from the base alone: a program runs with the C library of its loader or not at all."""


def find(client: "APIClient") -> str | None:
    """The official image, if the engine has one of this interpreter's version, as a Recipe's ``base``."""
    for name in NAMES:
        if (seen := find_image(client, name)) is None:
            continue
        environment = seen["Config"].get("Env") or []
        fits = any(line.startswith(f"PYTHON_VERSION={VERSION}.") for line in environment)
        if fits and seen["Architecture"] == ARCHITECTURES.get(platform.machine()):
            return f"{name}@{seen['Id'].removeprefix('sha256:')[:12]}"
    return None


def pull(client: "APIClient") -> str:
    """Ask a registry for the official image, which nothing does unasked. Raises EngineError."""
    repository, tag = NAMES[0].split(":")
    previous, client.timeout = client.timeout, PULL_TIMEOUT_S
    try:
        with engine_errors(f"pulling {NAMES[0]}"):
            client.pull(repository, tag=tag)
    finally:
        client.timeout = previous
    if (base := find(client)) is None:
        raise EngineError(f"{NAMES[0]} was pulled, but is not for Python {VERSION} on {platform.machine()}")
    return base


def write_context(recipe: Recipe, sink: IO[bytes]) -> None:
    """Write the build context that lays packages, servers and mount points above the official image."""
    with Tree(sink) as tree:
        environment = {name: value for name, value in layout.ENVIRONMENT.items() if name != "LD_LIBRARY_PATH"}
        lines = [f"FROM {recipe.base.partition('@')[0]}"]
        lines += [f'ENV {name}="{value}"' for name, value in environment.items()]
        lines += [
            "COPY opt /opt",
            f"COPY --chown={layout.USER} data /data",
            f"COPY --chown={layout.USER} journal /journal",
            *(f"COPY {top} /{top}" for top in _tops(recipe.programs)),
        ]
        lines += [f"USER {layout.USER}", "WORKDIR /tmp"]
        tree.content("/Dockerfile", "\n".join(lines).encode())
        tree.directory(layout.PROGRAMS)
        tree.directory(layout.LIBRARIES)
        for name in layout.MOUNT_POINTS:
            tree.directory(f"{layout.DATA}/{name}", owner=layout.USER_ID)
        tree.directory(layout.JOURNALS, owner=layout.USER_ID)
        for _ in pack.packages(tree, recipe.distributions):
            pass
        _programs(tree, pack.programs(tree, recipe.programs))


def _tops(programs: Iterable[Program]) -> list[str]:
    """The top-level folders of what is packed where it lies on this host."""
    paths = [path for program in programs if program.files for path in (program.path, *program.files)]
    return sorted({Path(path).parts[1] for path in paths})


def _programs(tree: Tree, paths: Iterable[Path]) -> None:
    for name, path in sorted(libraries.linked(paths).found.items()):
        if not name.startswith(C_LIBRARY):
            tree.file(f"{layout.LIBRARIES}/{name}", Path(path))
