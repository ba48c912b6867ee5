"""The containers, volumes and network of one run."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.base import CONSUMER_PORT, EngineInfo, Fleet, FleetSpec, consumer_names
from harness.engines.docker import cleanup, containers, directories, layout, loop, once, server
from harness.engines.docker.blueprint import Blueprint
from harness.engines.docker.cleanup import Leftover
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.export import copy_out
from harness.engines.docker.interrupt import finish
from harness.engines.docker.member import DockerMember
from harness.engines.docker.ownership import Owner
from harness.engines.docker.storage import Storage
from harness.errors import EngineError, MemberError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
START_THREADS = 12
GREETING_TIMEOUT_S = 60.0
DESCRIBE_TIMEOUT_S = 10.0
ROOT = "0:0"


class DockerFleet(Fleet):
    """See Fleet. ``start`` creates what the blueprint says, ``close`` removes it."""

    def __init__(self, client: "APIClient", spec: FleetSpec, image: str, blueprint: Blueprint) -> None:
        self._client = client
        self._spec = spec
        self._image = image
        self._blueprint = blueprint
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(START_THREADS, "start")
        self._closed = False
        self._members = {
            name: DockerMember(client, name, container.name) for name, container in blueprint.members.items()
        }
        self.writers = self._of_role("writer")
        self.consumers = self._of_role("consumer")
        self.observers = self._of_role("observer")
        self.analyser = self._members["analyser"]
        self.addresses = {service.name: (service.name, service.port) for service in spec.services}
        self.addresses |= {name: (name, CONSUMER_PORT) for name in consumer_names(spec)}
        self.data = {item.kind: item.target for item in blueprint.storages}
        self.read_only = {item.kind: item.read_only_target for item in blueprint.storages}
        self.journals = blueprint.journal.target

    def start(self) -> None:
        """Start everything in parallel and wait for all greetings. On any failure nothing stays behind."""
        try:
            self._start()
        except BaseException:
            finish(partial(self._close, sweep=True))
            raise

    def info(self) -> EngineInfo:
        with engine_errors("asking the engine for its version"):
            version = self._client.version()
            cpus = int(self._client.info()["NCPU"])
        self.analyser.send({"op": "describe", "paths": list(self.data.values())})
        kinds = self.analyser.receive(DESCRIBE_TIMEOUT_S).get("filesystems", {})
        by_storage = {kind: str(kinds.get(path, "unknown")) for kind, path in self.data.items()}
        return EngineInfo("docker", version["Version"], version["KernelVersion"], cpus, by_storage, self._image)

    def check(self) -> None:
        for name, container in self._blueprint.servers.items():
            server.check(self._client, name, container.name)

    def export(self, path: str, destination: Path) -> None:
        copy_out(self._client, self._blueprint.members["analyser"].name, path, destination)

    def close(self) -> None:
        finish(self._close)

    def _of_role(self, role: str) -> list[DockerMember]:
        return [member for name, member in self._members.items() if name.startswith(f"{role}-")]

    def _start(self) -> None:
        started = time.monotonic()
        plan = self._blueprint
        self._parallel([*(partial(self._create_volume, item) for item in plan.volumes), self._create_network])
        for item in plan.directories:
            directories.make(item)
        first, *rest, analyser = self._members.values()
        containers.create(self._client, plan.members[first.name])
        self._parallel(
            [
                # servers and the analyser (it imports numpy) take longest from their start to their greeting
                *(partial(self._serve, name) for name in plan.servers),
                partial(self._create_and_launch, analyser),
                partial(self._launch, first),
                *(partial(self._create_and_launch, member) for member in rest),
            ]
        )
        log.debug("containers started after %.3f s", time.monotonic() - started)
        self._greet(time.monotonic() + GREETING_TIMEOUT_S)
        self._check_owner(first)
        log.debug("members greeted after %.3f s", time.monotonic() - started)

    def _create_volume(self, item: Storage) -> None:
        options = dict(item.options or {})
        if item.image is not None:
            options["device"] = loop.make(item.image, options["type"])
        with engine_errors(f"creating volume {item.source}"):
            self._client.create_volume(item.source, "local", options, labels=dict(self._blueprint.labels))

    def _create_network(self) -> None:
        if (network := self._blueprint.network) is not None:
            with engine_errors(f"creating network {network}"):
                self._client.create_network(
                    network, driver="bridge", internal=True, labels=dict(self._blueprint.labels)
                )

    def _serve(self, name: str) -> None:
        service = next(service for service in self._spec.services if service.name == name)
        server.start(self._client, service, self._blueprint.servers[name], self._stopping)

    def _create_and_launch(self, member: DockerMember) -> None:
        containers.create(self._client, self._blueprint.members[member.name])
        self._launch(member)

    def _launch(self, member: DockerMember) -> None:
        container = self._blueprint.members[member.name]
        member.attach(containers.attach(self._client, container, member.hear))
        containers.start(self._client, container)

    def _greet(self, deadline: float) -> None:
        for member in self._members.values():
            greeting = member.receive(max(0.1, deadline - time.monotonic()))
            if greeting.get("event") != "hello":
                raise MemberError(member.name, f"greeted with {greeting}", "see its log with -v")
            member.greeting = greeting

    def _check_owner(self, member: DockerMember) -> None:
        """Fresh volumes belong to root, unless the engine gave them the owner of the image's directory. Where it
        did not (a file system that is not quite empty when new), say so and give them their owner once."""
        unwritable = member.greeting.get("unwritable", [])
        for item in self._blueprint.storages:
            if item.target not in unwritable:
                continue
            if item.options is None:
                raise EngineError(
                    f"members (user {layout.USER_ID}) cannot write to storage {item.kind}",
                    "check the directory's permissions and the engine's user mapping",
                )
            log.warning("volume %s belongs to root: giving it to user %s", item.source, layout.USER)
            argv = ("/bin/chown", layout.USER, item.target)
            mounted = item.mount()
            once.run(self._client, self._image, self._spec.run_id, argv, mounted, ROOT, ["CHOWN"])

    def _parallel(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run ``tasks``; the first failure stops what has not begun and is raised."""
        futures = [self._pool.submit(task) for task in tasks]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def _close(self, sweep: bool = False) -> None:
        """Remove what the blueprint names; with ``sweep`` also whatever else carries the run's label."""
        if self._closed:
            return
        self._closed = True
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        problems = list(cleanup.remove(self._client, self._all()).values())
        for member in self._members.values():
            member.close()  # not before: members whose stdin ends leave the network by themselves, all at once
        if sweep:
            try:
                problems += cleanup.remove_run(self._client, self._spec.run_id).values()
            except EngineError as error:
                problems.append(error.message)
        if problems:
            log.warning("%s (and %d more); 'harness clean' removes what is left", problems[0], len(problems) - 1)
        self._client.close()

    def _all(self) -> list[Leftover]:
        plan, run_id = self._blueprint, self._spec.run_id
        names = [("container", container.name) for container in (*plan.members.values(), *plan.servers.values())]
        names += [("volume", item.source) for item in plan.volumes]
        names += [("image", str(item.image)) for item in plan.volumes if item.image is not None]
        names += [("directory", item.source) for item in plan.directories]
        names += [("network", plan.network)] if plan.network else []
        return [Leftover(kind, name, run_id, Owner.ALIVE) for kind, name in names]
