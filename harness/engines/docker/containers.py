"""What every container of a run is like, and how one is created, attached and started."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.engines.docker import layout
from harness.engines.docker.attach import AttachedStream
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.storage import Mounted

if TYPE_CHECKING:
    from docker import APIClient
    from docker.types import LogConfig, Mount

MEBIBYTE = 2**20
TMP_OPTIONS = "size=64m,mode=1777,nosuid,nodev"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one container may use of the machine."""

    memory_bytes: int
    processes: int


MEMBER_LIMITS = Limits(512 * MEBIBYTE, 256)
ANALYSER_LIMITS = Limits(2048 * MEBIBYTE, 512)
SERVICE_LIMITS = Limits(1024 * MEBIBYTE, 512)
ONCE_LIMITS = Limits(256 * MEBIBYTE, 32)


@dataclass(frozen=True, slots=True)
class Container:
    """One container to be: ``network`` None means none at all. ``log`` is the engine's log driver."""

    name: str
    hostname: str
    image: str
    argv: Sequence[str]
    mounts: Sequence[Mounted]
    labels: Mapping[str, str]
    limits: Limits
    network: str | None = None
    alias: str = ""
    log: str = "none"
    user: str = layout.USER
    environment: Mapping[str, str] = field(default_factory=dict)
    capabilities: Sequence[str] = ()


def create(client: "APIClient", container: Container) -> None:
    """Create it: not root, root file system read-only, no capability, no way to gain one.

    Without a network, the engine's own network set-up is switched off as well: the container still gets a network
    namespace of its own with nothing but a loopback in it, and starts in less than half the time. The price: its
    /etc/hosts is empty, so that 127.0.0.1 works and the name localhost does not.
    """
    host = client.create_host_config(
        mounts=[_mount(mounted) for mounted in container.mounts],
        read_only=True,
        tmpfs={"/tmp": TMP_OPTIONS},
        cap_drop=["ALL"],
        cap_add=list(container.capabilities),
        security_opt=["no-new-privileges"],
        mem_limit=container.limits.memory_bytes,
        pids_limit=container.limits.processes,
        network_mode=container.network or "none",
        init=False,
        log_config=_log_config(container.log),
    )
    networking: Any = None
    if container.network and container.alias:
        endpoint = client.create_endpoint_config(aliases=[container.alias])
        networking = {"EndpointsConfig": {container.network: endpoint}}
    with engine_errors(f"creating {container.hostname}"):
        client.create_container(
            container.image,
            entrypoint=[container.argv[0]],
            command=list(container.argv[1:]),
            name=container.name,
            hostname=container.hostname,
            user=container.user,
            working_dir="/tmp",
            stdin_open=True,
            network_disabled=container.network is None,
            labels=dict(container.labels),
            environment=dict(container.environment),
            host_config=host,
            networking_config=networking,
            use_config_proxy=False,
        )


def attach(client: "APIClient", container: Container, on_stderr: Callable[[str], None]) -> AttachedStream:
    """Its stream; to be called before it starts, so that no line is missed."""
    with engine_errors(f"attaching to {container.hostname}"):
        raw = client.attach_socket(container.name, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    return AttachedStream(_plain_socket(raw), on_stderr, holder=_answer(raw))


def start(client: "APIClient", container: Container) -> None:
    """Start it."""
    with engine_errors(f"starting {container.hostname}"):
        client.start(container.name)


def _plain_socket(raw: Any) -> socket.socket:
    """The socket below what the SDK hands out, which for Unix and TCP is a raw stream around it."""
    plain: socket.socket = getattr(raw, "_sock", raw)
    return plain


def _answer(raw: Any) -> Any:
    """The HTTP answer that the SDK keeps beside the stream. It is what has to be closed: left to the collector,
    it finds its stream closed, and Python 3.13 then complains on stderr."""
    answer = getattr(raw, "_response", None)
    return raw if answer is None else answer.raw


def _mount(mounted: Mounted) -> "Mount":
    from docker.types import Mount

    if mounted.bind:
        return Mount(mounted.target, mounted.source, type="bind", read_only=mounted.read_only)
    return Mount(
        mounted.target,
        mounted.source,
        type="volume",
        read_only=mounted.read_only,
        no_copy=not mounted.gives_owner,
    )


def _log_config(driver: str) -> "LogConfig":
    from docker.types import LogConfig

    options = {"max-size": "1m", "max-file": "1"} if driver == "json-file" else {}
    return LogConfig(type=driver, config=options)
