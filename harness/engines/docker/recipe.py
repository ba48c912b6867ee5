"""What goes into the image, and the name that follows from it.

The name is a hash of the recipe, so an image that is there is the right one and nothing ever asks
whether it is stale. Computing it must cost milliseconds at every start: what is large (interpreter,
packages, servers) is known by version, size and time; the harness's own source by its content.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import harness
from harness import services
from harness.services import Service

NAME = "shared-volume-harness"
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
PACKING = ("layout.py", "libraries.py", "pack.py", "slim.py", "tree.py")
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
    """hash of the harness package's own files"""

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
        source=digest_of(source_files(SOURCE)),
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
    """Name and version of all that is packed: what is declared and what that requires."""
    found: dict[str, str] = {}
    waiting = [*REQUIRED, *OPTIONAL]
    while waiting:
        name = normalised(waiting.pop())
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        waiting += required_by(distribution.requires or [])
    return found


def required_by(requirements: Iterable[str]) -> Iterator[str]:
    """Names in requirement lines, extras left out. A marker that does not hold here names a distribution
    that is not installed, so markers need no evaluation."""
    for line in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        if name and "extra ==" not in line:
            yield name[0]


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
