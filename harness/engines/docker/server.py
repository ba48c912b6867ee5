"""A server in its own container: started, waited for, and asked why it died."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.engines.docker import containers, layout
from harness.engines.docker.attach import AttachedStream, LineTooLong, StreamEnded
from harness.engines.docker.containers import Container
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.storage import Storage
from harness.errors import EngineError, MemberError
from harness.services import Service

if TYPE_CHECKING:
    from docker import APIClient

READY_TIMEOUT_S = 60.0
LAST_WORDS = 5


def container(
    service: Service, run_id: str, image: str, data: Storage, network: str, labels: Mapping[str, str], official: bool
) -> Container:
    """The service's container on the run's network, where its name is its address. An ``official`` image has a user
    of its own to run as."""
    command = service.command("0.0.0.0", service.port, data.target)
    return Container(
        name=f"harness-{run_id}-{service.name}",
        hostname=service.name,
        image=image,
        argv=service.with_setup(command, data.target),
        mounts=[data.mount(first=True)],
        labels=labels,
        limits=containers.SERVICE_LIMITS,
        network=network,
        alias=service.name,
        log="json-file",
        user=service.official_image.user if official else layout.USER,
        environment={"LD_LIBRARY_PATH": layout.LIBRARIES},
    )


def storage(service: Service, run_id: str, official: bool) -> Storage:
    """The server's own volume, off every storage under test; it gets the owner of the directory where it is mounted."""
    target = service.official_image.directory if official else f"{layout.DATA}/service"
    return Storage("service", f"harness-{run_id}-{service.name}-data", target, {}, takes_owner=True)


def start(client: "APIClient", service: Service, wanted: Container, stopping: threading.Event) -> None:
    """Create and start it; returns once it says that it takes connections, or when ``stopping`` is set."""
    words: list[str] = []
    containers.create(client, wanted)
    stream = containers.attach(client, wanted, words.append)
    try:
        containers.start(client, wanted)
        _wait_until_ready(client, service, wanted, stream, words, stopping)
    finally:
        stream.close()


def check(client: "APIClient", name: str, container_name: str) -> None:
    """Raise MemberError when the server has ended, with its last words."""
    with engine_errors(f"asking for the state of {name}"):
        state = client.inspect_container(container_name)["State"]
    if not state["Running"]:
        status = f"ended with exit status {state['ExitCode']}"
        if state["OOMKilled"]:
            status += " (out of memory)"
        raise MemberError(f"server {name}", f"{status}{_last_words(client, container_name)}", remedy(name))


def remedy(name: str) -> str:
    """What to do about a server that ended."""
    return f"run again; if it ends again, look at the machine's memory, or take another with --{name}-image"


def _wait_until_ready(
    client: "APIClient",
    service: Service,
    wanted: Container,
    stream: AttachedStream,
    words: list[str],
    stopping: threading.Event,
) -> None:
    """Read what it prints, on either stream, until the ready line."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not stopping.is_set():
        if any(service.ready_line in word for word in words):
            return
        try:
            words.append(stream.next_line(min(0.1, deadline - time.monotonic())).decode(errors="replace"))
        except TimeoutError:
            if time.monotonic() >= deadline:
                said = _joined(words)
                raise MemberError(service.name, f"was not ready within {READY_TIMEOUT_S:g} s{said}") from None
        except (StreamEnded, LineTooLong) as error:
            check(client, service.name, wanted.name)
            raise EngineError(f"the connection to {service.name} broke: {error}") from error


def _last_words(client: "APIClient", container_name: str) -> str:
    with engine_errors(f"reading the log of {container_name}"):
        text = client.logs(container_name, tail=LAST_WORDS).decode(errors="replace")
    return _joined(text.splitlines())


def _joined(words: list[str]) -> str:
    said = " | ".join(word.strip() for word in words[-LAST_WORDS:] if word.strip())
    return f"; last words: {said[-500:]}" if said else ""
