"""Servers that writers run in their own containers, on data in the trial's directory.

They are reached by Unix sockets among the data. A socket's name is relative to the server's folder,
and clients reach it through a descriptor of that folder: socket addresses hold 107 bytes, and paths
on the local engine are longer.
"""

import contextlib
import json
import os
import re
import time
from collections.abc import Callable
from typing import NamedTuple

from harness import services
from harness.services import process
from harness.services.process import Server
from harness.strategies import _mariadb, _postgres, _redis
from harness.strategies._table import Table
from harness.strategies.base import Place

PATIENCE_S = 60.0
POLL_S = 0.005
FIRST_PORT = 5432
LOG = "log"
STAMP = re.compile(r"^[\d:]*[A-Z]? ?\d{1,4}[- ]\w{2,3}[- ][\d: .-]+(UTC )?(\[\d+\] )?")
"""time and process id before what a server says, which differ from trial to trial"""


class Kind(NamedTuple):
    """How one kind of server is run. ``arguments`` and ``socket`` take the server's number."""

    folder: str
    arguments: Callable[[int], tuple[str, ...]]
    socket: Callable[[int], str]
    table: Callable[[str], Table]
    turned_away: str = ""
    fooled: str = ""
    busy: Callable[[str], bool] = lambda _path: False


def _redis_arguments(number: int) -> tuple[str, ...]:
    return ("--port", "0", "--unixsocket", f"redis-{number}", "--appendonly", "yes", "--appendfsync", "always")


KINDS = {
    "redis": Kind(
        ".",
        _redis_arguments,
        "redis-{}".format,
        lambda path: _redis.table(LOG, unix_socket_path=path),
        busy=_redis.rewrites,
    ),
    "postgres": Kind(
        "server",
        lambda _number: ("-c", "listen_addresses=", "-c", "unix_socket_directories=."),
        lambda number: f".s.PGSQL.{FIRST_PORT + number}",
        lambda path: _postgres.table(LOG, unix_sock=path),
        fooled="automatic recovery in progress",
    ),
    "mariadb": Kind(
        "server",
        lambda number: ("--skip-networking", f"--socket=mariadb-{number}"),
        "mariadb-{}".format,
        lambda path: _mariadb.table(LOG, unix_socket=path),
        turned_away="Can't lock aria control file",
    ),
}
"""``fooled``: PostgreSQL says so that takes the data of a server that lives for one's that crashed.
``turned_away``: MariaDB says so, and tries again for 30 s before it gives up. ``busy``: Redis that is
shut down while it rewrites its file gives that up, where one that lives on ends it"""


def start(name: str, number: int, place: Place, more: tuple[str, ...] = (), *, fresh: bool = False) -> Server:
    """Server ``number`` on the trial's data, which it makes if ``fresh``. Raises NotStarted."""
    os.makedirs(store := place.path("store"), exist_ok=True)
    kind = KINDS[name]
    return process.start(
        services.load(name),
        store,
        port=FIRST_PORT + number,
        more=(*kind.arguments(number), *more),
        fresh=fresh,
        turned_away=kind.turned_away,
        timeout_s=PATIENCE_S,
    )


def connect(name: str, number: int, place: Place) -> Table:
    """The log on server ``number``. Raises ConnectionError when it takes no connection."""
    folder = _open_folder(name, place)
    try:
        table = KINDS[name].table(f"/proc/self/fd/{folder}/{KINDS[name].socket(number)}")
    except Exception as error:  # each client has errors of its own
        os.close(folder)
        raise ConnectionError(f"server {number} takes no connection: {error}") from error

    def close() -> None:
        with contextlib.suppress(*table.errors):  # it may be gone
            table.close()
        os.close(folder)

    return table._replace(close=close)


def settle(name: str, number: int, place: Place) -> None:
    """Return once server ``number`` does nothing more of its own."""
    folder = _open_folder(name, place)
    deadline = time.monotonic() + PATIENCE_S
    while KINDS[name].busy(f"/proc/self/fd/{folder}/{KINDS[name].socket(number)}") and time.monotonic() < deadline:
        time.sleep(POLL_S)
    os.close(folder)


def _open_folder(name: str, place: Place) -> int:
    path = os.path.join(place.path("store"), KINDS[name].folder)
    return os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def plain(words: str, place: Place) -> str:
    """What a server said, without what differs from trial to trial."""
    said = (STAMP.sub("", word) for word in words.split(" / "))
    return " / ".join(said).replace(f"{place.directory}/", "")


def tell(place: Place, topic: str, text: str = "") -> None:
    """Let the trial's other writers know."""
    fresh = place.path(f"{topic}.{place.number}.new")
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(json.dumps(text))
    os.rename(fresh, place.path(topic))


def hear(place: Place, topic: str) -> str:
    """What was told on ``topic``, once it was. Raises TimeoutError."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with open(place.path(topic), encoding="utf-8") as file:
                return str(json.load(file))
        except FileNotFoundError:
            time.sleep(POLL_S)
    raise TimeoutError(f"no other writer told of {topic} within {2 * PATIENCE_S:.0f} s")
