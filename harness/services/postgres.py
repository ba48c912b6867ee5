"""A PostgreSQL server, from a distribution's package.

It finds its files by where it lies, so it is packed at its own place. It refuses to run as root, and its data
directory is made by initdb, which it has beside it. WAL segments of 1 MiB instead of 16 make that quick.
"""

import importlib.util
import os
import re
import shutil
import signal
from pathlib import Path

from harness.services import OfficialImage, Service

CLIENT = "pg8000"
DEBIAN = "/usr/lib/postgresql"
MODULES = ("plpgsql", "dict_snowball")
"""what initdb loads; what else lies beside them, a compiler among it, is not needed"""


def find() -> str | None:
    """Path of a server program on this host, beside an initdb and with a client to reach it by; or None."""
    if importlib.util.find_spec(CLIENT) is None:
        return None
    newest_first = sorted(Path(DEBIAN).glob("*/bin/postgres"), key=_version, reverse=True)
    for path in (*newest_first, shutil.which("postgres")):
        if path and Path(os.path.realpath(path)).with_name("initdb").is_file():
            return os.path.realpath(path)
    return None


def files(program: str) -> tuple[str, ...]:
    """initdb, the modules that it loads, and the folder of templates, where Debian has them."""
    home = Path(program).parent.parent
    share = f"/usr/share/postgresql/{home.name}" if str(home).startswith(DEBIAN) else str(home / "share")
    modules = [str(home / "lib" / f"{name}.so") for name in MODULES]
    return (str(Path(program).with_name("initdb")), *modules, share)


def _version(path: Path) -> int:
    match = re.search(r"/(\d+)[./]", str(path))
    return int(match[1]) if match else 0


SERVICE = Service(
    name="postgres",
    argv=(
        "postgres",
        "-D", "{directory}/server",
        "-c", "listen_addresses={host}",
        "-c", "port={port}",
        "-c", "unix_socket_directories=",
        "-c", "max_connections=300",
        "-c", "shared_buffers=32MB",
        "-c", "jit=off",
    ),
    port=5432,
    ready_line="database system is ready to accept connections",
    find=find,
    remedy="install Debian's postgresql and, from PyPI, pg8000 (pip install 'shared-volume-harness[databases]')",
    official_image=OfficialImage("postgres:17", user="postgres", directory="/var/lib/postgresql"),
    setup="initdb --pgdata=server --username=harness --auth=trust --encoding=UTF8 --no-locale --no-sync "
    "--no-instructions --wal-segsize=1 >/dev/null\n"
    "echo 'host all all samenet trust' >>server/pg_hba.conf",
    files=files,
    stop_signal=signal.SIGINT,
    as_root=False,
)  # fmt: skip
