"""Servers as processes: started, refused, stopped, and gone with whoever started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import services
from harness.services import Service, process
from harness.services.process import NOBODY, NotStarted, Server

PATIENCE_S = 60


def service(name: str) -> Service:
    """That service; the test is skipped where this host has no such server."""
    found = services.load(name)
    if found.find() is None:
        pytest.skip(f"no {name} server here: {found.remedy}")
    return found


def sockets(name: str, number: int) -> tuple[str, ...]:
    """Arguments by which server ``number`` takes connections at no port."""
    return {
        "redis": ("--port", "0", "--unixsocket", f"socket-{number}"),
        "postgres": ("-c", "listen_addresses=", "-c", "unix_socket_directories=."),
        "mariadb": ("--skip-networking",),
    }[name]


def begin(name: str, directory: Path, number: int = 0, turned_away: str = "") -> Server:
    more = sockets(name, number)
    return process.start(
        service(name), str(directory), port=5432, more=more, fresh=number == 0, turned_away=turned_away
    )


@pytest.mark.parametrize("name", services.names())
def test_a_server_starts_on_an_empty_folder_and_stops_in_order(name: str, tmp_path: Path) -> None:
    server = begin(name, tmp_path)
    assert not server.ended()
    server.stop()
    assert server.ended()
    again = begin(name, tmp_path, 1)
    again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be anyone else")
@pytest.mark.parametrize("name", services.names())
def test_a_server_that_refuses_to_be_root_is_not(name: str, tmp_path: Path) -> None:
    server = begin(name, tmp_path)
    user = Path(f"/proc/{server.pid}").stat().st_uid
    server.stop()
    assert user == (0 if service(name).as_root else NOBODY)


def test_without_a_pid_namespace_a_second_postgres_is_refused(tmp_path: Path) -> None:
    first = begin("postgres", tmp_path)
    with pytest.raises(NotStarted, match=r'FATAL:  lock file "postmaster.pid" already exists'):
        begin("postgres", tmp_path, 1)
    assert not first.ended()
    first.stop()


def test_a_second_mariadb_is_refused_by_a_lock(tmp_path: Path) -> None:
    first = begin("mariadb", tmp_path)
    with pytest.raises(NotStarted, match=r"Can't lock aria control file .* for exclusive use, error: 11"):
        begin("mariadb", tmp_path, 1, turned_away="Can't lock aria control file")
    assert not first.ended()
    first.stop()


def test_a_second_redis_is_not_refused(tmp_path: Path) -> None:
    servers = [begin("redis", tmp_path, number) for number in (0, 1)]
    assert [server.ended() for server in servers] == [False, False]
    for server in servers:
        server.stop()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="no-such-option"):
        process.start(service("redis"), str(tmp_path), more=("--no-such-option", "1"))


def test_a_server_that_is_not_there_is_named_with_its_remedy(tmp_path: Path) -> None:
    absent = Service("x", ("x",), 1, "", lambda: None, "install x", services.load("redis").official_image)
    with pytest.raises(NotStarted, match="no x server here: install x"):
        process.start(absent, str(tmp_path))


PARENT = """
import sys, time
from harness import services
from harness.services import process
server = process.start(services.load(sys.argv[1]), sys.argv[2], port=int(sys.argv[3]))
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("name", services.names())
def test_a_server_ends_with_the_process_that_started_it(name: str, tmp_path: Path) -> None:
    service(name)
    port = str(20000 + os.getpid() % 10000)
    command = [sys.executable, "-c", PARENT, name, str(tmp_path), port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while _lives(pid):
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    """Whether it runs; a zombie that nobody waits for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
