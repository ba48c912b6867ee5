"""What every engine offers: members (containers or processes) that take jobs as JSON lines.

The runner knows only this module. An engine starts a fleet once per run; the fleet's members are
reused for every trial. A member's first line is its greeting (see harness/agent); after that each
message sent is answered by one line.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.model import Skip
from harness.services import Service
from harness.strategies.base import Feature

LABEL = "harness.run"
"""Everything an engine leaves on the machine carries this label; its value is the run's id."""


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """What a run needs. With ``services`` or ``network`` members get the run's private network, else none.

    ``network``: writers reach consumers, by the addresses that the fleet gives them.
    """

    run_id: str
    writers: int
    consumers: int = 0
    observers: int = 0
    services: tuple[Service, ...] = ()
    network: bool = False
    storages: tuple[str, ...] = ("volume",)
    journal_bytes: int = 64 * 2**20
    """upper bound of all journals of one trial together"""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The engine as results name it."""

    name: str
    version: str
    kernel: str
    cpus: int
    filesystems: Mapping[str, str]
    """storage kind -> type of its file system"""
    image: str = ""


CONSUMER_PORT = 9020
"""Where a consumer listens on a host of its own: what Python's logging takes for its own collectors."""


def consumer_names(spec: FleetSpec) -> list[str]:
    """Names of the consumers that writers reach over the network."""
    return [f"consumer-{index}" for index in range(spec.consumers)] if spec.network else []


class Member(ABC):
    """One writer, consumer, observer or analyser."""

    name: str

    @abstractmethod
    def send(self, message: Mapping[str, Any]) -> None:
        """Hand over one message. Raises MemberError when the member is gone."""

    @abstractmethod
    def receive(self, timeout_s: float) -> dict[str, Any]:
        """The next line. Raises MemberError when the member died (with its last words and exit status), and
        SilenceError when it stayed silent for ``timeout_s``; it may then be asked again."""


class Fleet(ABC):
    """The members of one run, all greeted and ready. Closing it leaves nothing behind, whatever happened."""

    writers: Sequence[Member]
    consumers: Sequence[Member]
    observers: Sequence[Member]
    analyser: Member
    addresses: Mapping[str, tuple[str, int]]
    """service name, or name of a consumer on the network -> host and port, as members reach it"""
    data: Mapping[str, str]
    """storage kind -> its root directory, as members see it"""
    read_only: Mapping[str, str] = {}
    """storage kind -> its root directory where observers see it through a read-only mount; empty where the
    engine has no such mounts"""
    journals: str
    """root directory of the journals, as members see it; off the storages"""

    @abstractmethod
    def info(self) -> EngineInfo:
        """What made the results."""

    def private(self, index: int) -> str | None:  # noqa: ARG002 - engines that need it override this
        """A directory that only writer ``index`` sees; None where its own /tmp is one, as in a container."""
        return None

    @abstractmethod
    def export(self, path: str, destination: Path) -> None:
        """Copy a file or directory, as members see it, into the host directory ``destination``."""

    def check(self) -> None:  # noqa: B027 - engines without servers have nothing to look at
        """Raise MemberError for a server of the run that has ended: members that use it fail, or wait in vain."""

    @abstractmethod
    def close(self) -> None:
        """Stop and remove every member, network and volume of the run. Idempotent; never raises for what is
        gone already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Engine(ABC):
    """A place where writers live."""

    name: str
    features: frozenset[Feature] = frozenset()

    def lacks_service(self, service: Service) -> Skip | None:
        """Why it cannot run this server; None where it can."""
        return None if service.find() else Skip(f"no {service.name} server on this host", service.remedy)

    def lacks_storage(self, storage: str) -> Skip | None:  # noqa: ARG002 - engines that can lack one override this
        """Why it cannot make this storage; None where it can. Raises UsageError for one that cannot be anywhere."""
        return None

    @abstractmethod
    def start(self, spec: FleetSpec) -> Fleet:
        """Start all members in parallel. On failure or interrupt nothing stays behind.

        Raises EngineError (or MemberError) that names the thing and the next step.
        """
