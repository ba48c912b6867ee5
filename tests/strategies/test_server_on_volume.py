"""Servers in the writers' own containers: what is asked of the host, and how their writers wait for each other."""

import threading
from pathlib import Path

import pytest

from harness import strategies
from harness.strategies import _own_server
from harness.strategies.base import Feature, Place

STRATEGY = strategies.load("server-on-volume")


def place(directory: Path, number: int = 0) -> Place:
    return Place(str(directory), str(directory), number, 2, "trial-00001", 1, {})


@pytest.mark.parametrize("server", ["redis", "postgres", "mariadb"])
def test_the_program_has_to_be_in_the_image(server: str) -> None:
    assert STRATEGY({"server": server}).programs == (server,)
    assert STRATEGY({"server": server}).services == ()


def test_only_postgres_is_fooled_by_pid_namespaces() -> None:
    needs = {server: tuple(STRATEGY({"server": server}).needs) for server in ("redis", "postgres", "mariadb")}
    assert needs == {"redis": (), "mariadb": (), "postgres": (Feature.PID_NAMESPACES,)}
    assert STRATEGY({"server": "postgres", "servers": 1}).needs == ()


def test_writers_hear_what_another_tells_and_wait_for_it(tmp_path: Path) -> None:
    heard: list[str] = []
    waiting = threading.Thread(target=lambda: heard.append(_own_server.hear(place(tmp_path, 1), "server-0")))
    waiting.start()
    _own_server.tell(place(tmp_path), "server-0", "FATAL: no")
    waiting.join(30)
    assert heard == ["FATAL: no"]


def test_they_do_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_own_server, "PATIENCE_S", 0.01)
    with pytest.raises(TimeoutError, match="no other writer told of server-0"):
        _own_server.hear(place(tmp_path), "server-0")


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (
            "2026-11-23 23:51:19 0 [ERROR] mariadbd: Can't lock '/d/store/server/aria_log_control', error: 11",
            "[ERROR] mariadbd: Can't lock 'store/server/aria_log_control', error: 11",
        ),
        (
            '2026-11-24 00:01:16.259 UTC [13522] FATAL:  lock file "postmaster.pid" already exists',
            'FATAL:  lock file "postmaster.pid" already exists',
        ),
        ("21963:M 24 Nov 2026 00:03:57.615 # Bad file format / see it", "# Bad file format / see it"),
        ("no stamp at all", "no stamp at all"),
    ],
)
def test_notes_of_all_trials_are_alike(said: str, plain: str) -> None:
    assert _own_server.plain(said, place(Path("/d"))) == plain
