"""The connection to the engine: found, negotiated, bounded."""

import hashlib
import http.client
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.engines.docker.errors import JOIN_GROUP, START_DAEMON, engine_errors
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

REQUEST_TIMEOUT_S = 60
PING_TIMEOUT_S = 2.0
DEFAULT_SOCKET = "/var/run/docker.sock"


def endpoint() -> str:
    """Where the engine listens: DOCKER_HOST, else the Docker context in use, else the usual sockets."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    if host := _context_endpoint(os.environ.get("DOCKER_CONTEXT", "")):
        return host
    rootless = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"), "docker.sock")
    if not os.path.exists(DEFAULT_SOCKET) and rootless.exists():
        return f"unix://{rootless}"
    return f"unix://{DEFAULT_SOCKET}"


def _context_endpoint(name: str) -> str:
    """Host of the named or current context of the docker command; empty for the default one."""
    folder = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))
    try:
        name = name or json.loads((folder / "config.json").read_text()).get("currentContext", "")
        if not name or name == "default":
            return ""
        meta = folder / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
        return str(json.loads(meta.read_text())["Endpoints"]["docker"]["Host"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def connect(connections: int = 16) -> "APIClient":
    """A client of the engine with room for ``connections`` at a time.

    Raises EngineError when the engine cannot be reached or speaks no version that the SDK does.
    """
    if problem := _problem(endpoint()):
        raise EngineError(*problem)
    with engine_errors("connecting"):
        from docker import APIClient
        from docker.utils import kwargs_from_env

        options = kwargs_from_env()
        options.setdefault("base_url", endpoint())
        return APIClient(version="auto", timeout=REQUEST_TIMEOUT_S, max_pool_size=max(10, connections), **options)


def find_image(client: "APIClient", name: str) -> dict[str, Any] | None:
    """What the engine knows of an image; None when it has none of that name."""
    import docker.errors

    inspect: Any = client.inspect_image
    with engine_errors(f"looking for image {name}"):
        try:
            found: dict[str, Any] = inspect(name)
        except docker.errors.ImageNotFound:
            return None
        return found


def docker_available() -> tuple[bool, str]:
    """Whether an engine that runs Linux containers answers, and if not why and what to do.

    Without the SDK, whose import takes longer than the answer.
    """
    where = endpoint()
    problem = _problem(where)
    if problem is None and _is_beyond_ping(where):
        try:
            connect().close()
        except EngineError as error:
            return False, str(error)
    return (True, f"Docker engine at {where}") if problem is None else (False, str(EngineError(*problem)))


def _problem(where: str) -> tuple[str, str] | None:
    """What keeps the engine at ``where`` from being used, and the remedy; None when nothing does."""
    if _is_beyond_ping(where):
        return None
    try:
        kind = _ping(where)
    except PermissionError:
        return f"no permission to use the Docker engine at {where}", JOIN_GROUP
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"no Docker engine answers at {where} ({error})", START_DAEMON
    if kind not in ("", "linux"):
        return f"the Docker engine at {where} runs {kind} containers", "switch it to Linux containers"
    return None


def _is_beyond_ping(where: str) -> bool:
    """Whether it takes the SDK to ask: TLS, SSH, Windows pipes."""
    return where.startswith(("ssh:", "npipe:", "https:")) or bool(os.environ.get("DOCKER_TLS_VERIFY"))


def _ping(where: str) -> str:
    """Ask for a sign of life; returns the kind of containers it runs, where it says so."""
    parts = urlsplit(where)
    if parts.scheme not in ("unix", "tcp", "http"):
        raise ValueError("an address is unix:///path or tcp://host:port")
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=PING_TIMEOUT_S)
    if parts.scheme == "unix":
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(PING_TIMEOUT_S)
    try:
        if parts.scheme == "unix":
            connection.sock.connect(parts.path)
        connection.request("GET", "/_ping")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise OSError(f"it answers with status {answer.status}")
        return answer.headers.get("OSType", "")
    finally:
        connection.close()
