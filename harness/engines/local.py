"""The local engine: writers are processes on this kernel. No daemon, no containers; every result says so.

It runs the same agent over the same channel as the docker engine, so that strategies can be tried, tested and
debugged anywhere. What it cannot show is whatever containers add: own file systems, own PID namespaces, volumes.
"""

import json
import logging
import os
import platform
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from harness.engines.base import Engine, EngineInfo, Fleet, FleetSpec, Member, consumer_names
from harness.errors import EngineError, MemberError, SilenceError, UsageError
from harness.model import Skip
from harness.services import Service

LAST_WORDS = 5
GREETING_TIMEOUT_S = 60
STOP_TIMEOUT_S = 5
LOOPBACK = "127.0.0.1"


def work_root() -> Path:
    """Where the local engine keeps the data of runs in progress."""
    return platformdirs.user_cache_path("shared-volume-harness") / "local"


class LocalMember(Member):
    """One process with its three pipes."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.agent", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            bufsize=0, start_new_session=True,
        )  # fmt: skip
        self._buffer = b""
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        log = logging.getLogger(f"harness.member.{self.name}")
        if self._process.stderr is None:
            return
        with self._process.stderr as words:
            for raw in words:
                line = raw.decode(errors="replace").rstrip()
                self._words.append(line)
                log.info(line)

    def send(self, message: Mapping[str, Any]) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(message).encode() + b"\n")
        except (BrokenPipeError, ValueError):
            raise self._death() from None

    def receive(self, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        out = self._process.stdout
        if out is None:
            raise self._death()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left_s = deadline - time.monotonic()
                if left_s <= 0 or not selector.select(left_s):
                    raise SilenceError(self.name, timeout_s)
                data = os.read(out.fileno(), 65536)
                if not data:
                    raise self._death()
                self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def check(self) -> None:
        """Raise MemberError when it has ended."""
        if self._process.poll() is not None:
            raise self._death()

    def _death(self) -> MemberError:
        try:
            status = self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return MemberError(self.name, "closed its channel", "see its messages with -v")
        how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        words = f"; its last words: {' / '.join(self._words)}" if self._words else ""
        return MemberError(self.name, how + words, "run again with -v to see all its messages")

    def stop(self) -> None:
        """End of its input, then a signal; returns once it is gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._listener.join(STOP_TIMEOUT_S)


class LocalFleet(Fleet):
    """Processes and a directory."""

    def __init__(self, spec: FleetSpec) -> None:
        self._members: list[LocalMember] = []
        self._servers: list[LocalMember] = []
        root = work_root() / spec.run_id
        try:
            root.mkdir(parents=True)
        except OSError as error:
            raise EngineError(
                f"cannot make {root}: {error.strerror}", "set XDG_CACHE_HOME to a writable folder"
            ) from None
        self._root = root
        (root / "owner").write_text(str(os.getpid()))
        try:
            self._start(spec)
        except BaseException:
            self.close()
            raise

    def _start(self, spec: FleetSpec) -> None:
        self.data = {storage: str(_data_directory(self._root, storage)) for storage in spec.storages}
        journals = self._root / "journals"
        journals.mkdir()
        self.journals = str(journals)
        self.writers = [self._member(f"writer-{index}", "writer") for index in range(spec.writers)]
        self.consumers = [self._member(f"consumer-{index}", "consumer") for index in range(spec.consumers)]
        self.observers = [self._member(f"observer-{index}", "observer") for index in range(spec.observers)]
        self.analyser = self._member("analyser", "analyser")
        self.addresses = {service.name: self._serve(service) for service in spec.services}
        self.addresses |= {name: (LOOPBACK, _free_port()) for name in consumer_names(spec)}
        for member in self._members:
            greeting = member.receive(GREETING_TIMEOUT_S)
            if greeting.get("event") != "hello":
                raise MemberError(member.name, str(greeting.get("message", greeting)), "see its messages with -v")

    def _member(self, name: str, *arguments: str) -> LocalMember:
        member = LocalMember(name, list(arguments))
        self._members.append(member)
        return member

    def _serve(self, service: Service) -> tuple[str, int]:
        if service.find() is None:
            raise EngineError(f"no {service.name} server on this host", service.remedy)
        directory = self._root / service.name
        directory.mkdir()
        host, port = LOOPBACK, _free_port()
        name = f"server {service.name}"
        self._servers.append(self._member(name, "server", service.name, str(directory), host, str(port)))
        return host, port

    def info(self) -> EngineInfo:
        self.analyser.send({"op": "describe", "paths": list(self.data.values())})
        kinds = self.analyser.receive(GREETING_TIMEOUT_S)["filesystems"]
        by_storage = {storage: kinds[path] for storage, path in self.data.items()}
        return EngineInfo("local", platform.python_version(), platform.release(), os.cpu_count() or 1, by_storage)

    def private(self, index: int) -> str | None:
        path = self._root / f"private-{index}"
        path.mkdir(exist_ok=True)
        return str(path)

    def export(self, path: str, destination: Path) -> None:
        shutil.copytree(path, destination / Path(path).name, dirs_exist_ok=True)

    def check(self) -> None:
        for server in self._servers:
            server.check()

    def close(self) -> None:
        for member in self._members:
            member.stop()
        self._members.clear()
        shutil.rmtree(self._root, ignore_errors=True)
        for path in getattr(self, "data", {}).values():
            shutil.rmtree(path, ignore_errors=True)


class LocalEngine(Engine):
    """Processes on this kernel."""

    name = "local"

    def lacks_storage(self, storage: str) -> Skip | None:
        if storage.startswith("image:"):
            return Skip(f"the local engine has no storage {storage}", "use the docker engine, or bind:/path on one")
        return None

    def start(self, spec: FleetSpec) -> Fleet:
        return LocalFleet(spec)


def remove_leftovers() -> int:
    """Remove the data of local runs whose harness is gone. Returns how many."""
    removed = 0
    for owner in work_root().glob("*/owner"):
        if not _alive(int(owner.read_text() or 0)):
            for path in _elsewhere(owner.parent):
                shutil.rmtree(path, ignore_errors=True)
            shutil.rmtree(owner.parent, ignore_errors=True)
            removed += 1
    return removed


def _elsewhere(root: Path) -> list[Path]:
    """Folders of a run outside its own; only those that are named after it."""
    try:
        listed = (root / "elsewhere").read_text(encoding="utf-8").split("\0")
    except FileNotFoundError:
        return []
    return [Path(path) for path in listed if Path(path).name.startswith(f"harness-{root.name}-")]


def _alive(pid: int) -> bool:
    return pid > 0 and Path(f"/proc/{pid}").exists()


def _data_directory(root: Path, storage: str) -> Path:
    if storage in ("volume", "bind"):
        path = root / storage
        path.mkdir()
        return path
    where = "/dev/shm" if storage == "tmpfs" else storage.removeprefix("bind:")
    if where == storage:
        raise UsageError(f"the local engine has no storage {storage!r}", "use the docker engine")
    if not Path(where).is_dir():
        raise UsageError(f"storage {storage}: {where} is not a folder", "make it first, or name another")
    path = Path(tempfile.mkdtemp(prefix=f"harness-{root.name}-", dir=where))
    with (root / "elsewhere").open("a", encoding="utf-8") as places:
        places.write(f"{path}\0")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
