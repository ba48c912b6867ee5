"""The engine as the runner sees it."""

from collections.abc import Mapping, Sequence

from harness.engines.base import Engine, Fleet, FleetSpec
from harness.engines.docker import image, layout, loop, storage
from harness.engines.docker.blueprint import draw
from harness.engines.docker.client import connect
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.fleet import START_THREADS, DockerFleet
from harness.engines.docker.image import Progress
from harness.errors import EngineError
from harness.model import Skip
from harness.services import Service
from harness.strategies.base import Feature


class DockerEngine(Engine):
    """Writers are containers of the Docker engine in use.

    ``service_images`` names images to take for servers, by service, instead of packed programs.
    ``agent`` replaces the command that members run, for tests.
    """

    name = "docker"
    features = frozenset(Feature)

    def __init__(
        self,
        progress: Progress | None = None,
        service_images: Mapping[str, str] | None = None,
        agent: Sequence[str] = layout.AGENT,
    ) -> None:
        self._progress = progress
        self._service_images = service_images or {}
        self._agent = agent

    def lacks_service(self, service: Service) -> Skip | None:
        return None if service.name in self._service_images else super().lacks_service(service)

    def lacks_storage(self, storage: str) -> Skip | None:
        kind, _, file_system = storage.partition(":")
        if kind != "image":
            return None
        client = connect()
        try:
            with engine_errors("asking the engine for its kernel"):
                kernel = str(client.version()["KernelVersion"])
        finally:
            client.close()
        return loop.lacks(file_system, kernel)

    def start(self, spec: FleetSpec) -> Fleet:
        for service in spec.services:
            if lack := self.lacks_service(service):
                raise EngineError(lack.reason, lack.remedy)
        storage.plan(spec.storages, spec.run_id)  # tells what cannot be had before an image is made
        members = spec.writers + spec.consumers + spec.observers + 1
        client = connect(connections=members + START_THREADS)
        try:
            name = image.ensure(client, progress=self._progress)
            blueprint = draw(spec, name, self._agent, self._service_images)
        except BaseException:
            client.close()
            raise
        fleet = DockerFleet(client, spec, name, blueprint)
        fleet.start()
        return fleet
