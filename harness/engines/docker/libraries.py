"""The shared libraries that programs and extension modules of this host link to, as `ldd` sees them."""

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import EngineError

FOUND = re.compile(r"^\s+(\S+) => (/\S.*?) \(0x[0-9a-f]+\)$")
LOADER = re.compile(r"^\s+(/\S+) \(0x[0-9a-f]+\)$")
MISSING = re.compile(r"^\s+(\S+) => not found$")
FILES_PER_CALL = 200
LDD_TIMEOUT_S = 60


@dataclass(slots=True)
class Libraries:
    """``found`` maps a library's name to its path here; ``loaders`` are paths fixed in the programs."""

    found: dict[str, str] = field(default_factory=dict)
    loaders: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)


def parse(text: str, into: Libraries | None = None) -> Libraries:
    """Read the output of `ldd` over one or many files. The first path of a name wins."""
    libraries = into if into is not None else Libraries()
    for line in text.splitlines():
        if match := FOUND.match(line):
            libraries.found.setdefault(match[1], match[2])
        elif match := LOADER.match(line):
            libraries.loaders.add(match[1])
        elif match := MISSING.match(line):
            libraries.missing.add(match[1])
    return libraries


def linked(files: Iterable[Path]) -> Libraries:
    """All that ``files`` link to, their libraries' own needs included. Static files add nothing."""
    libraries = Libraries()
    paths = [str(path) for path in files]
    for start in range(0, len(paths), FILES_PER_CALL):
        parse(_ldd(paths[start : start + FILES_PER_CALL]), libraries)
    return libraries


def _ldd(paths: Sequence[str]) -> str:
    try:
        # ldd exits with 1 when one file of many is static; its output says all that matters
        answer = subprocess.run(
            ["ldd", *paths],
            capture_output=True,
            text=True,
            timeout=LDD_TIMEOUT_S,
            check=False,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(
            f"the image cannot be packed from this host: ldd failed ({error})",
            "install ldd (Debian's libc-bin)",
        ) from error
    return answer.stdout
