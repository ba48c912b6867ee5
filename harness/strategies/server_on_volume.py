"""Runs database servers on one data directory on the shared volume, each in a writer's container.

Promises an ordinary log, as everyone expects who scales a database to two replicas on one volume, or
lets the old container live while the new one starts. It is the mistake itself: a server believes that
its data are its own, does not read again what it has in memory, and writes that back over what others
wrote. What stands between is a check at the start:

- PostgreSQL looks in ``postmaster.pid`` for a process that lives, and for its shared memory. In another
  container's PID and IPC namespaces it finds neither, takes the file for stale, recovers and runs. On
  one machine without containers (the local engine) it refuses.
- MariaDB takes fcntl locks on ``aria_log_control`` and ``ibdata1``, which hold among containers of one
  kernel: it refuses. It tries again for 30 s before it ends; here, having said so counts as refused.
- Redis checks nothing. While both servers only append to the append-only file, it holds the writes of
  both. One that rewrites it (``rewrite_kib``: at that size; Redis's default is 64 MiB) puts a file in
  its place which has its own writes only; the other goes on to append to a file that has no name.
  Both name the temporary file by a process id, which repeats in another container: at times it is a mix.

The first ``servers`` writers start a server each, one after the other, the first on fresh data. Every
writer adds its records through one of them, by a Unix socket; each is acknowledged once the server has
made it durable (fsync). Records for a server that refused to start are rejected. Afterwards all servers
are shut down in order, and one more is started on what they left: what it does not have is lost.

Storage: what keeps what was synced, and for the refusals one whose locks reach all containers.
Cost: a server in the container of each writer that runs one, and a transaction that is on the disk per record.
System calls: ``sendto`` and ``recvfrom`` per record; for the server ``write`` and ``fdatasync`` or ``fsync``.
Source: postgresql.org, "Creating a Database Cluster", and CreateLockFile in miscinit.c; mariadb.com/kb, "Aria
Storage Engine"; redis.io, "Redis persistence", "Log rewriting".
"""

from collections.abc import Callable, Mapping
from typing import Any

from harness.services.process import NotStarted, Server
from harness.strategies import _own_server
from harness.strategies._table import Table, write_out
from harness.strategies.base import Feature, Option, Place, Rejected, Session, Strategy


class ServerOnVolume(Strategy):
    """N servers on one data directory."""

    summary = "database servers in several containers, all on one data directory on the volume"
    options = {
        "server": Option("redis", "which server", choices=tuple(sorted(_own_server.KINDS))),
        "servers": Option(2, "how many run on the same data", minimum=1, maximum=8),
        "rewrite_kib": Option(
            16, "size at which Redis first rewrites its append-only file; 0: never", minimum=0, maximum=2**20
        ),
    }
    server: str
    servers: int
    rewrite_kib: int

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.programs = (self.server,)
        fooled = self.server == "postgres" and self.servers > 1
        self.needs = (Feature.PID_NAMESPACES,) if fooled else ()

    def open(self, place: Place) -> Session:
        mine = place.number % self.servers
        own = self._start(place) if place.number < self.servers else None
        refusal = _own_server.hear(place, f"server-{mine}")
        table = None
        if not refusal:
            try:
                table = _own_server.connect(self.server, mine, place)
            except ConnectionError as error:
                refusal = str(error)
        notes = self._about(place, own, refusal) if place.number in range(1, self.servers) else []

        def close() -> None:
            if table is not None:
                table.close()
            _own_server.tell(place, f"done-{place.number}")
            if own is not None:
                self._wait_for_clients(place, mine)
                if own.ended():
                    notes.append(f"server {mine} ended by itself: {_own_server.plain(own.words(), place)}")
                else:
                    _own_server.settle(self.server, mine, place)
                own.stop()

        return Session(_insert(table, refusal), close, notes=notes)

    def collect(self, place: Place) -> str:
        try:
            last = _own_server.start(self.server, self.servers, place, self._arguments())
        except NotStarted as error:
            open(place.path(), "wb").close()
            return f"what is left starts no server any more: {_own_server.plain(str(error), place)}"
        table = _own_server.connect(self.server, self.servers, place)
        try:
            write_out(table, place)
        except table.errors as error:
            return f"what is left cannot be read to its end: {error}"
        finally:
            table.close()
            last.stop()
        return ""

    def _start(self, place: Place) -> Server | None:
        """This writer's server, after the one before it; None when it refuses. The first has to start."""
        number = place.number
        if number == 0:
            server = _own_server.start(self.server, 0, place, self._arguments(), fresh=True)
            table = _own_server.connect(self.server, 0, place)
            table.create()
            table.close()
        else:
            _own_server.hear(place, f"server-{number - 1}")
            try:
                server = _own_server.start(self.server, number, place, self._arguments())
            except NotStarted as error:
                _own_server.tell(place, f"server-{number}", _own_server.plain(str(error), place))
                return None
        _own_server.tell(place, f"server-{number}")
        return server

    def _about(self, place: Place, own: Server | None, refusal: str) -> list[str]:
        """What came of starting a server on data that another has open."""
        if own is None:
            return [f"server {place.number} was refused: {refusal}"]
        fooled = _own_server.KINDS[self.server].fooled
        said = f": {_own_server.plain(own.said(fooled), place)}" if fooled else ""
        return [f"server {place.number} started beside server 0, on the same data{said}"]

    def _arguments(self) -> tuple[str, ...]:
        if self.server != "redis":
            return ()
        percentage = "100" if self.rewrite_kib else "0"
        size = f"{self.rewrite_kib}kb"
        return ("--auto-aof-rewrite-percentage", percentage, "--auto-aof-rewrite-min-size", size, "--hz", "100")

    def _wait_for_clients(self, place: Place, mine: int) -> None:
        for number in range(mine, place.of, self.servers):
            _own_server.hear(place, f"done-{number}")


def _insert(table: Table | None, refusal: str) -> Callable[[bytes], int]:
    """A session's write: acknowledged by the server, or rejected, be it that the server is not there."""
    if table is None:

        def refuse(_data: bytes) -> int:
            raise Rejected(refusal)

        return refuse
    insert, errors = table.insert, table.errors

    def write(data: bytes) -> int:
        try:
            insert(data)
        except errors as error:
            raise Rejected(str(error)) from None
        return len(data)

    return write


STRATEGY = ServerOnVolume
