"""An image built once, a stub agent, and a look at what the engine holds."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.engines.base import FleetSpec
from harness.engines.docker import cleanup, image, layout
from harness.engines.docker.client import connect
from harness.engines.docker.engine import DockerEngine
from harness.engines.docker.fleet import DockerFleet

if TYPE_CHECKING:
    from docker import APIClient

STUB = (layout.PYTHON, "-S", "-c", Path(__file__).with_name("engines").joinpath("stub_agent.py").read_text())
"""The stub agent as a command for containers."""
Start = Callable[..., DockerFleet]


@pytest.fixture(scope="session")
def client() -> "Iterator[APIClient]":
    """A connection to the engine, with the image there."""
    connected = connect()
    image.ensure(connected)
    yield connected
    connected.close()


@pytest.fixture
def run_id() -> str:
    return f"test-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def start(client: "APIClient", run_id: str) -> Iterator[Start]:
    """Starts fleets of stub agents; whatever a test leaves of its run is removed afterwards."""
    fleets: list[DockerFleet] = []

    def begin(agent: tuple[str, ...] = STUB, **wanted: object) -> DockerFleet:
        fleet = DockerEngine(agent=agent).start(FleetSpec(run_id=run_id, **{"writers": 1, **wanted}))  # type: ignore[arg-type]
        assert isinstance(fleet, DockerFleet)
        fleets.append(fleet)
        return fleet

    yield begin
    for fleet in fleets:
        fleet.close()
    cleanup.remove_run(client, run_id)


@pytest.fixture
def left(client: "APIClient", run_id: str) -> Callable[[], list[tuple[str, str]]]:
    """What the engine holds of this test's run: pairs of kind and name."""

    def look() -> list[tuple[str, str]]:
        return sorted((item.kind, item.name) for item in cleanup.find_leftovers(client) if item.run_id == run_id)

    return look
