"""What a run may be asked for: how much, how long, where. Each check returns what it was given, or names the remedy."""

from harness.errors import UsageError, counted
from harness.model import Workload
from harness.trace.record import MAX_RECORD_BYTES, MAX_RECORDS, MIN_RECORD_BYTES

MAX_WRITERS = 256
MAX_TRIALS = 10_000
MAX_DURATION_S = 3600.0
STORAGES = ("volume", "bind", "tmpfs", "image:xfs", "image:btrfs", "image:ext4")


def check_workload(workload: Workload, where: str) -> Workload:
    """The workload itself. Raises UsageError that names ``where`` and the bound."""
    low, high = workload.record_bytes_min, workload.record_bytes_max
    if not 1 <= workload.records <= MAX_RECORDS:
        raise UsageError(f"{where}: {counted(workload.records, 'record')} per writer", f"Take 1 to {MAX_RECORDS}")
    if not MIN_RECORD_BYTES <= low <= high <= MAX_RECORD_BYTES:
        raise UsageError(
            f"{where}: a record size of {low} to {high} bytes",
            f"Take {MIN_RECORD_BYTES} to {MAX_RECORD_BYTES}, the smaller first",
        )
    if workload.duration_s is not None:
        check_duration(workload.duration_s, where)
    return workload


def check_duration(duration_s: float, where: str) -> float:
    """The duration itself, in seconds. Raises UsageError."""
    if not 0 < duration_s <= MAX_DURATION_S:
        raise UsageError(f"{where}: a duration of {duration_s} s", f"Take more than 0, up to {MAX_DURATION_S:.0f}")
    return duration_s


def check_writers(writers: int, where: str) -> int:
    """The number itself. Raises UsageError."""
    if not 1 <= writers <= MAX_WRITERS:
        raise UsageError(f"{where}: {counted(writers, 'writer')}", f"Take 1 to {MAX_WRITERS}")
    return writers


def check_trials(trials: int, where: str) -> int:
    """The number itself. Raises UsageError."""
    if not 1 <= trials <= MAX_TRIALS:
        raise UsageError(f"{where}: {counted(trials, 'trial')}", f"Take 1 to {MAX_TRIALS}")
    return trials


def check_time_limit(limit_s: float, where: str) -> float:
    """The limit itself. Raises UsageError."""
    if not limit_s > 0:
        raise UsageError(f"{where}: a limit of {limit_s} s", "Take more than 0")
    return limit_s


def check_storage(storage: str, where: str) -> str:
    """The storage kind itself. Raises UsageError."""
    if storage in STORAGES or (storage.startswith("bind:") and storage != "bind:"):
        return storage
    raise UsageError(f"{where}: no storage {storage!r}", f"Take {', '.join(STORAGES)} or bind:/path")
