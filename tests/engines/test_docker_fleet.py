"""A fleet on a real engine: isolation, conversation, deaths, and nothing left behind."""

import contextlib
import dataclasses
import errno
import gc
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import services
from harness.engines.base import FleetSpec
from harness.engines.docker import cleanup, containers, export, fleet, server
from harness.engines.docker.engine import DockerEngine
from harness.errors import EngineError, MemberError, UsageError
from tests.docker_fixtures import STUB, Start

if TYPE_CHECKING:
    from docker import APIClient

pytestmark = pytest.mark.docker
Left = Callable[[], list[tuple[str, str]]]


def test_eight_members_greet_and_answer(start: Start) -> None:
    running = start(writers=8)
    for index, member in enumerate(running.writers):
        member.send({"op": "echo", "text": f"é{index}\n" * 1000})
    for index, member in enumerate(running.writers):
        assert member.receive(10) == {"echo": f"é{index}\n" * 1000}
    assert [member.name for member in running.writers] == [f"writer-{index}" for index in range(8)]


def test_a_message_of_megabytes_goes_both_ways(start: Start) -> None:
    running = start()
    text = "x" * (3 * 2**20)
    running.analyser.send({"op": "echo", "text": text})
    assert running.analyser.receive(20) == {"echo": text}


def test_containers_have_no_privileges(start: Start, client: "APIClient", run_id: str) -> None:
    start(writers=2)
    for name in ("writer-0000", "writer-0001", "analyser"):
        seen = client.inspect_container(f"harness-{run_id}-{name}")
        host, config = seen["HostConfig"], seen["Config"]
        assert config["User"] == "1000:1000"
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert not host["Privileged"]
        assert "no-new-privileges" in host["SecurityOpt"]
        assert host["NetworkMode"] == "none"
        assert config["NetworkDisabled"]
        assert host["Memory"] > 0
        assert host["PidsLimit"] > 0
        assert config["Labels"]["harness.run"] == run_id


def test_what_members_can_reach(start: Start) -> None:
    running = start()
    writer, analyser = running.writers[0], running.analyser
    data, journals = running.data["volume"], running.journals

    def ask(member: object, **job: object) -> dict[str, object]:
        member.send(job)  # type: ignore[attr-defined]
        return dict(member.receive(10))  # type: ignore[attr-defined]

    assert ask(writer, op="write", path=f"{data}/a", text="1\n") == {"size": 2}
    assert ask(writer, op="write", path=f"{journals}/b", text="22\n") == {"size": 3}
    assert ask(analyser, op="read", path=f"{data}/a") == {"text": "1\n"}
    assert ask(analyser, op="read", path=f"{journals}/b") == {"text": "22\n"}
    assert "Read-only file system" in str(ask(analyser, op="write", path=f"{data}/a", text="x"))
    assert "Read-only file system" in str(ask(analyser, op="write", path=f"{journals}/b", text="x"))
    assert "Read-only file system" in str(ask(writer, op="write", path="/usr/x", text="x"))
    assert ask(writer, op="write", path="/tmp/x", text="x") == {"size": 1}
    status = str(ask(writer, op="read", path="/proc/self/status")["text"])
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    devices = str(ask(writer, op="read", path="/proc/net/dev")["text"]).splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]


def test_the_death_of_a_member_names_it_its_status_and_its_last_words(start: Start) -> None:
    running = start(writers=2)
    running.writers[1].send({"op": "exit", "status": 7, "text": "the disk is on fire"})
    with pytest.raises(MemberError) as caught:
        running.writers[1].receive(20)
    assert caught.value.member == "writer-1"
    assert "exit status 7" in str(caught.value)
    assert "the disk is on fire" in str(caught.value)
    running.writers[0].send({"op": "echo", "text": "alive"})
    assert running.writers[0].receive(10) == {"echo": "alive"}


def test_a_killed_member(start: Start, client: "APIClient", run_id: str) -> None:
    running = start()
    client.kill(f"harness-{run_id}-writer-0000")
    with pytest.raises(MemberError, match=r"writer-0: was killed \(exit status 137\)"):
        running.writers[0].receive(20)


def test_a_member_that_takes_too_much_memory(start: Start) -> None:
    running = start()
    running.writers[0].send({"op": "eat"})
    with pytest.raises(MemberError, match=r"writer-0: was killed .*for passing its memory limit"):
        running.writers[0].receive(60)


def test_a_container_removed_from_outside(start: Start, client: "APIClient", run_id: str) -> None:
    running = start()
    client.remove_container(f"harness-{run_id}-writer-0000", force=True)
    with pytest.raises(MemberError, match="removed from outside"):
        running.writers[0].receive(20)


def test_silence_has_a_deadline(start: Start) -> None:
    running = start()
    began = time.monotonic()
    with pytest.raises(MemberError, match=r"said nothing for 0\.2 s"):
        running.writers[0].receive(0.2)
    assert time.monotonic() - began < 5


def test_a_copy_that_does_not_fit_here_holds_nothing_up(
    start: Start, left: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start()
    data = running.data["volume"]
    running.writers[0].send({"op": "write", "path": f"{data}/large", "text": "x" * (32 * 2**20)})
    assert running.writers[0].receive(60) == {"size": 32 * 2**20}

    def full(archive: object, destination: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(destination))

    monkeypatch.setattr(export, "unpack", full)
    with pytest.raises(OSError, match="No space left on device"):
        running.export(data, tmp_path)
    began = time.monotonic()
    running.close()
    assert time.monotonic() - began < 15
    assert left() == []


def test_what_is_not_there_cannot_be_copied(start: Start, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"copying /data/none out: .*Could not find the file"):
        start().export("/data/none", tmp_path)


def test_close_leaves_nothing_and_may_be_repeated(start: Start, left: Left) -> None:
    running = start(writers=2, services=(services.load("redis"),))
    kinds = {kind for kind, _ in left()}
    assert kinds == {"container", "volume", "network"}
    running.close()
    assert left() == []
    running.close()


def test_a_server_is_reached_by_its_name(start: Start) -> None:
    running = start(consumers=1, services=(services.load("redis"),))
    host, port = running.addresses["redis"]
    for member in (running.writers[0], running.consumers[0]):
        member.send({"op": "resolve", "host": host, "port": port})
        assert member.receive(20) == {"text": "+PONG\r\n"}
    running.check()


def test_a_dead_server_is_named(start: Start, client: "APIClient", run_id: str) -> None:
    running = start(services=(services.load("redis"),))
    client.kill(f"harness-{run_id}-redis")
    with pytest.raises(MemberError, match="redis: ended with exit status 137"):
        running.check()


def test_a_server_that_does_not_start_says_why(run_id: str, left: Left) -> None:
    redis = services.load("redis")
    broken = services.Service(
        name="redis",
        argv=("redis-server", "--no-such-option", "1"),
        port=1,
        ready_line=redis.ready_line,
        find=redis.find,
        remedy="",
        official_image=redis.official_image,
    )
    spec = FleetSpec(run_id=run_id, writers=1, services=(broken,))
    with pytest.raises(MemberError, match=r"redis: ended with exit status 1.*no-such-option"):
        DockerEngine(agent=STUB).start(spec)
    assert left() == []


def test_a_service_image_that_is_not_there(run_id: str, left: Left) -> None:
    spec = FleetSpec(run_id=run_id, writers=1, services=(services.load("redis"),))
    with pytest.raises(EngineError, match=r"No such image: nobody/nothing:1.*docker pull"):
        DockerEngine(agent=STUB, service_images={"redis": "nobody/nothing:1"}).start(spec)
    assert left() == []


def test_an_agent_that_fails_at_once_leaves_nothing(start: Start, left: Left) -> None:
    with pytest.raises(MemberError, match="exit status 3"):
        start(agent=("/bin/bash", "-c", "exit 3"), writers=3)
    assert left() == []


def test_a_failure_in_the_middle_of_the_start_leaves_nothing(
    start: Start, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count, lock = containers.start, 0, threading.Lock()

    def fails_at_the_third(*arguments: object) -> None:
        nonlocal count
        with lock:
            count += 1
            mine = count
        if mine == 3:
            raise EngineError("planted")
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(containers, "start", fails_at_the_third)
    with pytest.raises(EngineError, match="planted"):
        start(writers=6)
    assert left() == []


def test_an_interrupt_in_the_middle_of_the_start_leaves_nothing(
    start: Start, left: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fleet.DockerFleet, "_greet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(writers=3)
    assert left() == []


def test_export_copies_files_and_directories(start: Start, tmp_path: Path) -> None:
    running = start()
    writer, data = running.writers[0], running.data["volume"]
    writer.send({"op": "make", "path": f"{data}/trial/sub"})
    writer.receive(10)
    for name in ("trial/a.log", "trial/sub/b.log"):
        writer.send({"op": "write", "path": f"{data}/{name}", "text": name * 100_000})
        writer.receive(10)
    running.export(f"{data}/trial", tmp_path / "new")
    assert (tmp_path / "new/trial/a.log").read_text() == "trial/a.log" * 100_000
    assert (tmp_path / "new/trial/sub/b.log").read_text() == "trial/sub/b.log" * 100_000
    with pytest.raises(EngineError, match="nowhere"):
        running.export(f"{data}/nowhere", tmp_path)


def test_info_names_engine_kernel_and_image(start: Start, client: "APIClient") -> None:
    info = start(storages=("volume", "tmpfs")).info()
    assert info.name == "docker"
    assert info.version == client.version()["Version"]
    assert info.cpus > 0
    assert set(info.filesystems) == {"volume", "tmpfs"}
    assert info.image.startswith("shared-volume-harness:")


def test_a_bind_storage_is_a_fresh_directory_that_goes_with_the_run(start: Start, left: Left, tmp_path: Path) -> None:
    parent = tmp_path / "mine"
    parent.mkdir(mode=0o755)
    (parent / "precious").write_text("stay")
    before = parent.stat()
    kind = f"bind:{parent}"
    running = start(storages=(kind, "tmpfs"))
    for storage in (kind, "tmpfs"):
        running.writers[0].send({"op": "write", "path": f"{running.data[storage]}/x", "text": "1"})
        assert running.writers[0].receive(10) == {"size": 1}
    assert ("directory", str(next(parent.glob("harness-*")))) in left()
    running.close()
    assert [path.name for path in parent.iterdir()] == ["precious"]
    assert (parent.stat().st_uid, parent.stat().st_mode) == (before.st_uid, before.st_mode)
    assert left() == []


def test_a_bind_path_that_does_not_exist_is_not_created(start: Start, left: Left, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such directory"):
        start(storages=(f"bind:{tmp_path}/nowhere",))
    assert not (tmp_path / "nowhere").exists()
    assert left() == []


def test_a_volume_that_belongs_to_root_is_given_to_the_members(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from harness.engines.docker import storage

    plain = storage._volume

    def without_copy(run_id: str, argument: str) -> storage.Storage:
        made = plain(run_id, argument)
        return storage.Storage(made.kind, made.source, made.target, made.options, takes_owner=False)

    monkeypatch.setitem(storage.KINDS, "volume", without_copy)
    running = start()
    running.writers[0].send({"op": "write", "path": f"{running.data['volume']}/x", "text": "1"})
    assert running.writers[0].receive(10) == {"size": 1}
    assert "belongs to root" in caplog.text


def test_many_members_start_together(start: Start) -> None:
    running = start(writers=24)
    with ThreadPoolExecutor(24) as pool:

        def ask(member: object) -> str:
            member.send({"op": "echo", "text": member.name})  # type: ignore[attr-defined]
            return json.dumps(member.receive(20))  # type: ignore[attr-defined]

        assert len(set(pool.map(ask, running.writers))) == 24


def test_ready_line_is_waited_for_only_so_long(run_id: str, left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READY_TIMEOUT_S", 0.3)
    redis = services.load("redis")
    mute = dataclasses.replace(redis, ready_line="never said")
    with pytest.raises(MemberError, match=r"redis: was not ready within 0\.3 s"):
        DockerEngine(agent=STUB).start(FleetSpec(run_id=run_id, writers=1, services=(mute,)))
    assert left() == []


class Relay(threading.Thread):
    """Stands between harness and engine on a socket of its own, so that a test can make the engine go away."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        self._open: list[socket.socket] = [self._listener]
        self._path = path

    def run(self) -> None:
        try:
            while True:
                near, _ = self._listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect("/var/run/docker.sock")
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()
        except OSError:
            return

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def go_away(self) -> None:
        self._path.unlink(missing_ok=True)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    if not Path("/var/run/docker.sock").is_socket():
        pytest.skip("the engine does not listen on the usual socket")
    made = Relay(tmp_path / "engine.sock")
    made.start()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/engine.sock")
    yield made
    made.go_away()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of the SDK: sockets it could not connect
def test_an_engine_that_goes_away(
    start: Start, client: "APIClient", run_id: str, left: Left, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    running = start(writers=2)
    relay.go_away()
    with pytest.raises(EngineError, match="not reachable"):
        running.writers[0].receive(5)
    with pytest.raises(EngineError, match="not reachable"):
        running.analyser.send({"op": "echo", "text": "x" * 2**20})
    with pytest.raises(EngineError, match="not reachable"):
        running.info()
    began = time.monotonic()
    running.close()
    assert time.monotonic() - began < 10
    assert "'harness clean' removes what is left" in caplog.text
    assert {kind for kind, _ in left()} == {"container", "volume"}
    assert cleanup.remove_run(client, run_id) == {}
    assert left() == []
    gc.collect()
