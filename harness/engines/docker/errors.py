"""Turns what the SDK and its HTTP layer raise into EngineError: one line that names the next step."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import EngineError, HarnessError

DISK_FULL = ("no space left on device", "disk quota exceeded")
START_DAEMON = "start the engine (make engine), or take --engine local, which uses no containers"
JOIN_GROUP = "add your user to the group docker and log in again, or use --engine local"


@contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Around calls to the engine: ``action`` says what was being done, in the words of a user."""
    import docker.errors
    import requests.exceptions
    import urllib3.exceptions

    try:
        yield
    except HarnessError:
        raise
    except (
        docker.errors.DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as error:
        raise explain(action, error) from error


def explain(action: str, error: BaseException) -> EngineError:
    """The EngineError for ``error``, by what stands in its text: the SDK wraps causes in strings."""
    text = _text(error)
    lower = text.lower()
    if any(phrase in lower for phrase in DISK_FULL):
        return EngineError(
            f"{action}: the engine's disk is full",
            "free space (harness clean, docker system prune), then run again",
        )
    if "permission denied" in lower and ("sock" in lower or "connect" in lower):
        return EngineError(f"{action}: no permission to use the Docker engine", JOIN_GROUP)
    if "timed out" in lower or "timeout" in lower:
        return EngineError(f"{action}: the Docker engine did not answer in time", "see its log, then run again")
    if "no such image" in lower:
        return EngineError(f"{action}: {text}", "pull it first (docker pull), or leave the option out")
    if _unreachable(lower):
        return EngineError(f"{action}: the Docker engine is not reachable ({text})", START_DAEMON)
    if "client version" in lower and ("too old" in lower or "too new" in lower):
        return EngineError(f"{action}: {text}", "update the Docker engine to 20.10 or newer")
    return EngineError(f"{action}: {text}")


def _unreachable(text: str) -> bool:
    phrases = (
        "connection refused",
        "no such file or directory",
        "connection aborted",
        "connection reset",
        "broken pipe",
        "remote end closed",
        "remotedisconnected",
        "failed to establish",
        "name or service not known",
    )
    return any(phrase in text for phrase in phrases) and "oci runtime" not in text


def _text(error: BaseException) -> str:
    """The daemon's own sentence where there is one, on one line."""
    explanation = getattr(error, "explanation", None)
    text = explanation if isinstance(explanation, str) and explanation else str(error)
    return " ".join(text.split())[:500]
