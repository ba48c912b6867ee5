"""Whose run is it, and is it still going on? Answered from labels on what the run created.

A process id alone is reused by the system, so the label also holds when that process started, in which
boot, on which host and in which PID namespace.
"""

import os
import platform
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

OWNER_LABEL = "harness.owner"
SEPARATOR = " "


class Owner(Enum):
    """State of the process that started a run."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"
    """on another host or in another PID namespace, where it cannot be looked up"""


@dataclass(frozen=True, slots=True)
class OwnerId:
    """One process of one boot of one host."""

    host: str
    boot: str
    namespace: str
    pid: int
    started: str

    @classmethod
    def of_this_process(cls) -> Self:
        """The identity that goes into the label."""
        pid = os.getpid()
        return cls(platform.node() or "-", _boot(), _namespace(), pid, _started(pid))

    def label(self) -> str:
        """One line for a label's value."""
        return SEPARATOR.join((self.host, self.boot, self.namespace, str(self.pid), self.started))

    @classmethod
    def from_label(cls, text: str) -> Self | None:
        """The identity in a label, or None when it is not one."""
        parts = text.split(SEPARATOR)
        if len(parts) != 5 or not parts[3].isdigit():
            return None
        return cls(parts[0], parts[1], parts[2], int(parts[3]), parts[4])


def state(owner: OwnerId | None) -> Owner:
    """Whether the owner's process is still there."""
    if owner is None or owner.host != (platform.node() or "-"):
        return Owner.UNKNOWN
    if owner.boot != _boot():
        return Owner.GONE
    if owner.namespace != _namespace():
        return Owner.UNKNOWN
    return Owner.ALIVE if _runs(owner.pid, owner.started) else Owner.GONE


def _runs(pid: int, started: str) -> bool:
    if started != "-":
        return _started(pid) == started
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """Start time in clock ticks since boot (field 22 of /proc/PID/stat); `-` where there is none.

    A zombie has ended: it counts as not there.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "-"
    return "-" if fields[0] in "ZX" else fields[19]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return "-"
