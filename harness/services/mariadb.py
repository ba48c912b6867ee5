"""A MariaDB server, from a distribution's package.

It has its files at fixed places, so they are packed where they lie. Its data directory is made from the SQL files that
mariadb-install-db feeds to it; that script itself needs programs which the server's package does not bring.
"""

import importlib.util
import shutil
from pathlib import Path

from harness.services import OfficialImage, Service

CLIENT = "pymysql"
PATH = "/usr/sbin:/usr/local/sbin:/usr/local/bin:/usr/bin:/opt/bin"
SHARES = ("/usr/share/mysql", "/usr/share/mariadb")
INSTALL = "system_tables", "performance_tables", "system_tables_data"
"""SQL files, in this order; named mysql_… up to version 10, mariadb_… from 11 on"""
USER = "flush privileges;\\ncreate user harness@'%%';\\ngrant all on *.* to harness@'%%';\\ncreate database harness;\\n"


def find() -> str | None:
    """Path of a server program on this host, where there is a client to reach it by; or None."""
    if importlib.util.find_spec(CLIENT) is None:
        return None
    program = shutil.which("mariadbd", path=PATH)
    has_files = any(Path(share).glob("m*_system_tables.sql") for share in SHARES)
    return program if has_files else None


def files(_program: str) -> tuple[str, ...]:
    """SQL for the data directory, messages and character sets."""
    found = [path for share in SHARES for path in Path(share).glob("m*_*.sql")]
    folders = [Path(share, name) for share in SHARES for name in ("english", "charsets")]
    return tuple(sorted(str(path) for path in (*found, *folders) if path.exists()))


SERVICE = Service(
    name="mariadb",
    argv=(
        "mariadbd",
        "--no-defaults",
        "--datadir={directory}/server",
        "--bind-address={host}",
        "--port={port}",
        "--socket=",
        "--skip-name-resolve",
        "--max-connections=300",
        "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=4M",
    ),
    port=3306,
    ready_line="ready for connections",
    find=find,
    remedy="install Debian's mariadb-server-core and, from PyPI, pymysql "
    "(pip install 'shared-volume-harness[databases]')",
    official_image=OfficialImage("mariadb:11", user="mysql", directory="/var/lib/mysql"),
    setup="mkdir -p server/mysql\n"
    "{ printf 'use mysql;\\nset @auth_root_socket=NULL;\\n'; "
    f"cat {' '.join(f'/usr/share/m*/m*_{name}.sql' for name in INSTALL)}; "
    f'printf "{USER}"; }} | '
    '"$1" --no-defaults --bootstrap --datadir="$0/server" --enforce-storage-engine= '
    "--innodb-log-file-size=4M --skip-log-error --silent-startup",
    files=files,
    as_root=False,
)
