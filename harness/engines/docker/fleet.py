"""The containers, volumes and network of one run."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.base import LABEL, EngineInfo, Fleet, FleetSpec
from harness.engines.docker import cleanup, containers, layout, server, storage
from harness.engines.docker.cleanup import DIRECTORY_LABEL, Leftover
from harness.engines.docker.containers import ANALYSER_LIMITS, MEMBER_LIMITS, Container
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.export import copy_out
from harness.engines.docker.member import DockerMember
from harness.engines.docker.ownership import OWNER_LABEL, Owner, OwnerId
from harness.engines.docker.storage import Storage
from harness.errors import EngineError, MemberError
from harness.services import Service

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
START_THREADS = 12
GREETING_TIMEOUT_S = 60.0
DESCRIBE_TIMEOUT_S = 10.0
READERS = ("analyser", "observer")
"""Roles that see the storages and journals read-only."""


class DockerFleet(Fleet):
    """See Fleet. Everything is created by ``start``, and is known here before it is created."""

    writers: Sequence[DockerMember]
    consumers: Sequence[DockerMember]
    observers: Sequence[DockerMember]
    analyser: DockerMember

    def __init__(
        self,
        client: "APIClient",
        spec: FleetSpec,
        image: str,
        agent: Sequence[str] = layout.AGENT,
        service_images: Mapping[str, str] | None = None,
    ) -> None:
        self._client = client
        self._spec = spec
        self._image = image
        self._agent = tuple(agent)
        self._service_images = service_images or {}
        self._storages = [storage.plan(kind, spec.run_id) for kind in spec.storages]
        self._journal = storage.journal(spec.run_id, spec.journal_bytes)
        self._labels = {LABEL: spec.run_id, OWNER_LABEL: OwnerId.of_this_process().label()}
        for item in self._storages:
            if item.options is None:
                self._labels[DIRECTORY_LABEL] = item.source
        self._network = f"harness-{spec.run_id}" if spec.services else None
        self._known: list[Leftover] = []
        self._pool = ThreadPoolExecutor(START_THREADS, "start")
        self._closed = False
        self.writers = self._members("writer", spec.writers)
        self.consumers = self._members("consumer", spec.consumers)
        self.observers = self._members("observer", spec.observers)
        self.analyser = self._members("analyser", 1)[0]
        self.addresses = {service.name: (service.name, service.port) for service in spec.services}
        self.data = {item.kind: item.target for item in self._storages}
        self.journals = self._journal.target

    def start(self) -> None:
        """Start everything in parallel and wait for all greetings. On any failure nothing stays behind."""
        try:
            self._start()
        except BaseException:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._sweep()
            self.close()
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
        """Raise MemberError when a server has died: the reason why members report errors."""
        for service in self._spec.services:
            server.check(self._client, service.name, f"harness-{self._spec.run_id}-{service.name}")

    def export(self, path: str, destination: Path) -> None:
        copy_out(self._client, self.analyser.container, path, destination)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        for member in self._all_members():
            member.close()
        cleanup.remove(self._client, self._known)
        self._client.close()

    def _members(self, role: str, count: int) -> list[DockerMember]:
        prefix = f"harness-{self._spec.run_id}"
        if role == "analyser":
            return [DockerMember(self._client, role, f"{prefix}-{role}")]
        return [DockerMember(self._client, f"{role}-{index}", f"{prefix}-{role}-{index:04}") for index in range(count)]

    def _all_members(self) -> list[DockerMember]:
        return [*self.writers, *self.consumers, *self.observers, self.analyser]

    def _start(self) -> None:
        started = time.monotonic()
        self._parallel([self._volume_task(item) for item in self._all_storages()] + self._network_tasks())
        for item in self._storages:
            if item.options is None:
                self._know("directory", item.source)
                storage.make_directory(item)
        first, *rest = self._all_members()
        self._create(first, first=True)
        tasks: list[Callable[[], None]] = [lambda: self._launch(first, created=True)]
        tasks += [self._service_task(service) for service in self._spec.services]
        tasks += [lambda member=member: self._launch(member) for member in rest]  # type: ignore[misc]
        self._parallel(tasks)
        log.debug("containers started after %.3f s", time.monotonic() - started)
        self._greet(GREETING_TIMEOUT_S)
        log.debug("members greeted after %.3f s", time.monotonic() - started)

    def _all_storages(self) -> list[Storage]:
        volumes = [item for item in [*self._storages, self._journal] if item.options is not None]
        return volumes + [server.storage(service, self._spec.run_id) for service in self._spec.services]

    def _volume_task(self, item: Storage) -> Callable[[], None]:
        def create() -> None:
            self._know("volume", item.source)
            with engine_errors(f"creating volume {item.source}"):
                self._client.create_volume(item.source, "local", dict(item.options or {}), dict(self._labels))

        return create

    def _network_tasks(self) -> list[Callable[[], None]]:
        network = self._network
        if network is None:
            return []

        def create() -> None:
            self._know("network", network)
            with engine_errors(f"creating network {network}"):
                self._client.create_network(
                    network, driver="bridge", internal=True, labels=dict(self._labels), check_duplicate=True
                )

        return [create]

    def _service_task(self, service: Service) -> Callable[[], None]:
        def start() -> None:
            run_id, network = self._spec.run_id, self._network or "none"
            image = self._service_images.get(service.name, self._image)
            data = server.storage(service, run_id)
            wanted = server.container(service, run_id, image, data, network, self._labels)
            self._know("container", wanted.name)
            server.start(self._client, service, wanted)

        return start

    def _launch(self, member: DockerMember, created: bool = False) -> None:
        wanted = self._container(member) if created else self._create(member)
        member.attach(containers.attach(self._client, wanted, member.hear))
        containers.start(self._client, wanted)

    def _create(self, member: DockerMember, first: bool = False) -> Container:
        wanted = self._container(member, first)
        self._know("container", wanted.name)
        containers.create(self._client, wanted)
        return wanted

    def _container(self, member: DockerMember, first: bool = False) -> Container:
        role = member.name.partition("-")[0]
        reads = role in READERS
        mounts = [item.mount(reads, first) for item in self._storages]
        return Container(
            name=member.container,
            hostname=member.name,
            image=self._image,
            argv=[*self._agent, role],
            mounts=[*mounts, self._journal.mount(reads)],
            labels=self._labels,
            limits=ANALYSER_LIMITS if role == "analyser" else MEMBER_LIMITS,
            network=None if role == "analyser" else self._network,
        )

    def _greet(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        for member in self._all_members():
            greeting = member.receive(max(0.1, deadline - time.monotonic()))
            if greeting.get("event") != "hello":
                raise MemberError(member.name, f"greeted with {greeting}", "see its log with -v")
            member.greeting = greeting

    def _parallel(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run ``tasks``; the first failure stops what has not begun and is raised."""
        futures: list[Future[None]] = [self._pool.submit(task) for task in tasks]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def _know(self, kind: str, name: str) -> None:
        self._known.append(Leftover(kind, name, self._spec.run_id, Owner.ALIVE))

    def _sweep(self) -> None:
        """Last resort after a failed start: whatever carries the run's label."""
        try:
            cleanup.remove_run(self._client, self._spec.run_id)
        except EngineError as error:
            log.warning("%s; harness clean removes what is left", error)
