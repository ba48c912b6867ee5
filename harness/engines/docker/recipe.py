"""What goes into the image, and the name that follows from it.

The name is a hash of the recipe, so an image that is there is the right one and nothing ever asks
whether it is stale. Computing it must cost milliseconds at every start: what is large (interpreter,
packages, servers) is known by version, size and time; the harness's own source by its content.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import harness
from harness import services
from harness.engines.docker import installed
from harness.services import Service

NAME = installed.OWN_NAME
HOST = "host"
BASE_NAME = "shared-volume-harness-base"
REQUIRED = ("numpy", "redis")
OPTIONAL = (
    "filelock",
    "portalocker",
    "concurrent-log-handler",
    "multiprocessing-logging",
    "pymysql",
    "psycopg",
    "pg8000",
)
"""Distributions that strategies may import; packed, with what they require, where installed."""
PACKING = ("installed.py", "layout.py", "libraries.py", "pack.py", "slim.py", "tree.py")
SOURCE = Path(harness.__file__).parent


@dataclass(frozen=True, slots=True)
class Program:
    """A server's program: ``name`` in the image, ``path`` on this host. Where it needs ``files``, it lies in the image
    where it lies here, and so do they; its own size and time stand for theirs, as one package brings them all."""

    name: str
    path: str
    size: int
    modified_ns: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what the image holds. ``base``: `host`, or name and id of the image below."""

    base: str
    python: str
    platform: str
    distributions: tuple[tuple[str, str], ...]
    programs: tuple[Program, ...]
    packing: str
    """hash of the code that packs"""
    source: str
    """hash of the harness package's own files, and of packages that announce strategies"""

    @property
    def base_image(self) -> str:
        """Name of all that changes seldom: interpreter, packages, servers."""
        parts = asdict(self) | {"source": ""}
        return f"{BASE_NAME}:{_digest(json.dumps(parts, sort_keys=True).encode())}"

    @property
    def image(self) -> str:
        """Name of the whole: the base and the harness package above it."""
        return f"{NAME}:{_digest(f'{self.base_image} {self.source}'.encode())}"


def recipe(base: str = HOST) -> Recipe:
    """The recipe for this host as it stands now."""
    return Recipe(
        base=base,
        python=sys.version,
        platform=f"{platform.system()} {platform.machine()} {'-'.join(platform.libc_ver())}",
        distributions=tuple(sorted(distributions().items())),
        programs=tuple(programs(known_services())),
        packing=digest_of(SOURCE / "engines/docker" / name for name in PACKING),
        source=digest_of(source_files(SOURCE)) + _announced_digest(),
    )


def source_files(root: Path) -> Iterator[Path]:
    """Files of a package in a fixed order, caches left out."""
    for directory, directories, files in os.walk(root):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        for name in sorted(files):
            if not name.endswith((".pyc", ".pyi")):
                yield Path(directory, name)


def digest_of(files: Iterable[Path]) -> str:
    """Hash over names and contents of files of the harness."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCE)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def known_services() -> Iterator[Service]:
    """Every server that a module of harness.services describes."""
    return map(services.load, services.names())


def programs(known: Iterable[Service]) -> Iterator[Program]:
    """Those programs of ``known`` services that this host has."""
    for service in known:
        if path := service.find():
            status = os.stat(path)
            yield Program(service.argv[0], path, status.st_size, status.st_mtime_ns, service.files(path))


def distributions() -> dict[str, str]:
    """Name and version of all that is packed by version: what is declared, what announces strategies, and what these
    require; those that announce aside, which are packed by content."""
    announced = installed.announcing()
    found = installed.closure([*REQUIRED, *OPTIONAL, *announced])
    return {name: version for name, version in found.items() if name not in announced}


def announced_files() -> Iterator[tuple[str, Path]]:
    """Files of the distributions that announce strategies: path below PACKAGES, path here."""
    for name in installed.announcing():
        yield from installed.distribution_files(name)


def _announced_digest() -> str:
    digest = hashlib.sha256()
    for inside, path in announced_files():
        digest.update(f"{inside}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
