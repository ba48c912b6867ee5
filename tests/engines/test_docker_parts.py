"""The docker engine's pure parts: frames and lines, owners, messages, endpoints, interrupts."""

import hashlib
import os
import signal
import socket
import struct
import subprocess
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.docker import (
    attach,
    client,
    errors,
    interrupt,
)
from harness.engines.docker.ownership import OWNER_LABEL, Owner, OwnerId, state
from harness.errors import EngineError

FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=12)


def framed(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


@given(FRAMES, st.lists(st.integers(0, 600), max_size=20))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(framed(*frame) for frame in frames)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    decoder = attach.FrameDecoder()
    seen = [frame for start, end in pairwise(edges) for frame in decoder.feed(data[start:end])]
    assert seen == frames


@given(st.lists(st.binary(max_size=30), max_size=12))
def test_lines_survive_any_cut(pieces: list[bytes]) -> None:
    buffer = attach.LineBuffer()
    lines = [line for piece in pieces for line in buffer.feed(piece)]
    assert b"\n".join([*lines, buffer.rest()]) == b"".join(pieces)
    assert all(b"\n" not in line for line in lines)


def test_a_line_without_end_is_refused() -> None:
    buffer = attach.LineBuffer(limit_bytes=10)
    buffer.feed(b"12345\n1234567890")
    with pytest.raises(attach.LineTooLong):
        buffer.feed(b"1")


def test_a_stream_keeps_stdout_and_stderr_apart() -> None:
    ours, theirs = socket.socketpair()
    heard: list[str] = []
    stream = attach.AttachedStream(ours, heard.append)
    with theirs:
        data = framed(2, b"war") + framed(1, b'{"a"') + framed(2, b"ning\ntail") + framed(1, b":1}\n{}\n")
        for index in range(len(data)):
            theirs.sendall(data[index : index + 1])
        assert stream.next_line(1) == b'{"a":1}'
        assert stream.next_line(1) == b"{}"
        assert heard == ["warning"]
        stream.send_line(b"job")
        assert theirs.recv(10) == b"job\n"
        with pytest.raises(TimeoutError):
            stream.next_line(0.01)
    with pytest.raises(attach.StreamEnded):
        stream.next_line(1)
    assert heard == ["warning", "tail"]
    stream.close()


def test_owners() -> None:
    me = OwnerId.of_this_process()
    assert OwnerId.from_label(me.label()) == me
    assert state(me) is Owner.ALIVE
    assert state(replace(me, started="1")) is Owner.GONE
    assert state(replace(me, boot="another")) is Owner.GONE
    assert state(replace(me, host="another")) is Owner.UNKNOWN
    assert state(replace(me, namespace="another")) is Owner.UNKNOWN
    assert state(None) is Owner.UNKNOWN
    assert OwnerId.from_label("") is None
    assert OWNER_LABEL.startswith("harness.")


def test_an_ended_process_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    owner = replace(OwnerId.of_this_process(), pid=process.pid, started=_started(process.pid))
    assert state(owner) is Owner.ALIVE
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state(owner) is Owner.GONE, "a zombie has ended"
    process.wait()
    assert state(owner) is Owner.GONE


def _started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("write /x: no space left on device", "disk is full"),
        ("PermissionError(13, 'Permission denied') connecting to docker.sock", "no permission"),
        ("HTTPConnectionPool: Read timed out.", "did not answer in time"),
        ("('Connection aborted.', ConnectionRefusedError(111, 'Connection refused'))", "not reachable"),
        ("('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", "not reachable"),
        ("client version 1.99 is too new. Maximum supported API version is 1.41", "pdate the Docker engine"),
        ("No such image: redis:7", "docker pull"),
        ("OCI runtime create failed: exec: no such file or directory", "OCI runtime"),
        ("two\nlines", "two lines"),
    ],
)
def test_errors_are_explained(text: str, says: str) -> None:
    explained = errors.explain("starting writer-0", OSError(text))
    assert says in str(explained)
    assert str(explained).startswith("starting writer-0: ")
    assert "\n" not in str(explained)


def test_no_engine_is_told_quickly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    began = time.monotonic()
    available, reason = client.docker_available()
    assert time.monotonic() - began < 1
    assert not available
    assert f"unix://{tmp_path}/none.sock" in reason
    with pytest.raises(EngineError, match="no Docker engine answers"):
        client.connect()


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:9", "http://127.0.0.1:9", "nonsense", "unix:///"])
def test_no_endpoint_ends_in_a_traceback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    available, reason = client.docker_available()
    assert not available
    assert host in reason
    with pytest.raises(EngineError):
        client.connect()


def test_the_context_in_use_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert client.endpoint().startswith("unix://")
    folder = tmp_path / "contexts/meta" / hashlib.sha256(b"desk").hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text('{"Endpoints": {"docker": {"Host": "unix:///desk.sock"}}}')
    (tmp_path / "config.json").write_text('{"currentContext": "desk"}')
    assert client.endpoint() == "unix:///desk.sock"
    (tmp_path / "config.json").write_text("broken")
    assert client.endpoint().startswith("unix://")


def test_interrupts_wait_for_the_end() -> None:
    done: list[int] = []

    def work() -> None:
        for _ in range(5):
            time.sleep(0.02)
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        done.append(1)

    with pytest.raises(KeyboardInterrupt):
        interrupt.finish(work)
    assert done == [1]


def test_a_failure_is_handed_on() -> None:
    def fails() -> None:
        raise EngineError("planted")

    with pytest.raises(EngineError, match="planted"):
        interrupt.finish(fails)
