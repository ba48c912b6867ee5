"""One container of the fleet, spoken to in JSON lines over its attached stream."""

import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.engines.base import Member
from harness.engines.docker.attach import AttachedStream, LineTooLong, StreamEnded
from harness.engines.docker.errors import engine_errors
from harness.errors import EngineError, MemberError, SilenceError

if TYPE_CHECKING:
    from docker import APIClient

LAST_WORDS = 5
WORDS_LENGTH = 300
EXIT_WAIT_S = 3.0
SIGNAL_BASE = 128
KILLED = 137


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended. Not every kernel and engine tell whether it was for its memory."""

    status: int
    out_of_memory: bool

    def __str__(self) -> str:
        if self.out_of_memory:
            return f"was killed for passing its memory limit (exit status {self.status})"
        if self.status == KILLED:
            return f"was killed (exit status {self.status}): from outside, or for passing its memory limit"
        if self.status > SIGNAL_BASE:
            return f"ended by signal {self.status - SIGNAL_BASE} (exit status {self.status})"
        return f"ended with exit status {self.status}"


class DockerMember(Member):
    """A member and its stream. Not for use by two threads at a time."""

    def __init__(self, client: "APIClient", name: str, container: str) -> None:
        self.name = name
        self.container = container
        self.greeting: Mapping[str, Any] = {}
        self._client = client
        self._stream: AttachedStream | None = None
        self._log = logging.getLogger(f"harness.member.{name}")
        self._words: deque[str] = deque(maxlen=LAST_WORDS)

    def attach(self, stream_of_container: AttachedStream) -> None:
        """Take over the stream, before the container starts."""
        self._stream = stream_of_container

    def hear(self, line: str) -> None:
        """A line of the member's stderr: logged, and kept as its last words."""
        self._log.info("%s", line)
        self._words.append(line)

    def send(self, message: Mapping[str, Any]) -> None:
        try:
            self._attached().send_line(json.dumps(message, separators=(",", ":")).encode())
        except OSError as error:
            raise self._death(f"took no message ({error})") from error

    def receive(self, timeout_s: float) -> dict[str, Any]:
        try:
            line = self._attached().next_line(timeout_s)
        except TimeoutError:
            raise self._silence(timeout_s) from None
        except StreamEnded as error:
            raise self._death(str(error)) from error
        except LineTooLong as error:
            raise MemberError(self.name, f"sent {error}") from error
        return self._decode(line)

    def close(self) -> None:
        """Let go of the stream; the container itself is the fleet's to remove."""
        if self._stream is not None:
            self._stream.close()

    def exit(self, wait_s: float = 0.0) -> Exit | None:
        """How it ended; None while it runs, or when it is still running after ``wait_s``."""
        deadline = time.monotonic() + wait_s
        while True:
            with engine_errors(f"asking for the state of {self.name}"):
                state = self._client.inspect_container(self.container)["State"]
            if state["Status"] not in ("running", "created", "restarting", "removing"):
                return Exit(int(state["ExitCode"]), bool(state["OOMKilled"]))
            if time.monotonic() >= deadline:
                return None
            time.sleep(0.02)

    def _attached(self) -> AttachedStream:
        if self._stream is None:
            raise MemberError(self.name, "was not started")
        return self._stream

    def _decode(self, line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            excerpt = line[:WORDS_LENGTH].decode(errors="replace")
            raise MemberError(self.name, f"sent what is no message: {excerpt!r}")
        return message

    def _death(self, symptom: str) -> EngineError:
        """Why the stream ended: the member died, was removed, or the engine went away."""
        try:
            ended = self.exit(EXIT_WAIT_S)
        except EngineError as error:
            if "no such container" in error.message.lower():
                return MemberError(self.name, "its container was removed from outside")
            return error
        if ended is None:
            return EngineError(
                f"the connection to {self.name} broke ({symptom}) while it was running",
                "see the engine's log, then run again",
            )
        return MemberError(self.name, f"{ended}{self._last_words()}", "see its log with -v")

    def _silence(self, timeout_s: float) -> EngineError:
        try:
            ended = self.exit()
        except EngineError as error:
            return error
        if ended is None:
            return SilenceError(self.name, timeout_s, self._last_words())
        return MemberError(self.name, f"{ended}{self._last_words()}", "see its log with -v")

    def _last_words(self) -> str:
        words = " | ".join(self._words)[-WORDS_LENGTH:]
        return f"; last words: {words}" if words else ""
