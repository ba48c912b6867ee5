"""The consumer as a process: its socket is open before anybody writes, and what it knows of losses is told."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.trace.record import encode
from tests.agent.test_writer import Agent


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def consumer() -> Iterator[Agent]:
    one = Agent("consumer")
    yield one
    one.close()


@pytest.fixture
def writer() -> Iterator[Agent]:
    one = Agent()
    yield one
    one.close()


def job(folder: Path, strategy: str, port: int, **options: Any) -> dict[str, Any]:
    return {
        "op": "prepare", "trial": "t", "strategy": strategy, "options": options, "index": 0, "count": 1,
        "records": 10, "record_bytes": [64, 64], "duration_s": None, "seed": 1, "directory": str(folder),
        "journals": str(folder / "journals"), "services": {"consumer-0": ["127.0.0.1", port]}, "private": str(folder),
    }  # fmt: skip


def finished(consumer: Agent) -> dict[str, Any]:
    consumer.send(op="finish")
    answer = consumer.receive()
    assert consumer.close() == 0
    return answer


@pytest.mark.parametrize(("strategy", "lost"), [("log-socket", {}), ("log-syslog", {"datagrams dropped": 0})])
def test_what_is_sent_before_it_consumes_reaches_the_file(
    consumer: Agent, writer: Agent, tmp_path: Path, port: int, strategy: str, lost: dict[str, int]
) -> None:
    assert consumer.ask(**job(tmp_path, strategy, port))["event"] == "ready"
    assert writer.ask(**job(tmp_path, strategy, port))["event"] == "ready"
    done = writer.ask(op="go", start_ns=0)
    assert (done["event"], done["attempted"], done["rejected"]) == ("done", 10, 0)
    consumer.send(op="go", start_ns=0)
    assert finished(consumer) == {"event": "done", "restarts": 0, "losses": lost}
    assert (tmp_path / "shared.log").read_bytes() == b"".join(encode(0, seq, 64) for seq in range(10))


def test_its_socket_outlives_its_death(consumer: Agent, writer: Agent, tmp_path: Path, port: int) -> None:
    consumer.ask(**job(tmp_path, "log-socket", port, crash_after=4))
    writer.ask(**job(tmp_path, "log-socket", port, crash_after=4))
    consumer.send(op="go", start_ns=0)
    assert writer.ask(op="go", start_ns=0)["attempted"] == 10
    log, deadline = tmp_path / "shared.log", time.monotonic() + 20
    while not (log.exists() and log.stat().st_size >= 4 * 64) and time.monotonic() < deadline:
        time.sleep(0.01)
    answer = finished(consumer)
    assert (answer["event"], answer["restarts"]) == ("done", 1)
    assert log.read_bytes().startswith(b"".join(encode(0, seq, 64) for seq in range(4)))


def test_a_socket_that_cannot_be_bound_is_told(consumer: Agent, tmp_path: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        answer = consumer.ask(**job(tmp_path, "log-socket", port))
    assert answer["event"] == "error"
    assert "Address already in use" in answer["message"]


def test_what_a_handler_gives_up_is_told_by_its_writer(writer: Agent, tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        writer.ask(**job(tmp_path, "log-socket", port, waits=False))
        connection, _ = listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()  # with a reset: the first record finds it
        listener.close()
        done = writer.ask(op="go", start_ns=0)
    assert done["attempted"] == 10
    assert done["losses"] == {"given up by its handler": 10}
