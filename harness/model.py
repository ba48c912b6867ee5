"""The data that flows between the parts, as frozen records. Nothing here computes or imports a part.

The words are those of docs/words.md; a name means the same thing in code, files and output.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """What a case showed; ``worst`` of several wins."""

    SAFE = "safe"
    SKIPPED = "skipped"
    """it could not run on this host: nothing was shown"""
    INCONCLUSIVE = "inconclusive"
    UNSAFE = "unsafe"


class AnomalyKind(StrEnum):
    """What is wrong with a record or with the history; the words of docs/words.md."""

    INTERLEAVED = "interleaved"
    TRUNCATED = "truncated"
    LOST = "lost"
    DUPLICATED = "duplicated"
    TORN_COPY = "torn-copy"
    PHANTOM = "phantom"
    REORDERED = "reordered"
    REAL_TIME_ORDER = "real-time-order"
    MUTUAL_EXCLUSION = "mutual-exclusion"
    TORN_READ = "torn-read"
    STALE_READ = "stale-read"
    HOLE = "hole"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """Records by outcome. ``intact`` to ``indeterminate``, and ``superseded``, partition ``attempted``; a phantom
    is beyond it.

    ``reordered`` counts records below the highest sequence number already seen from their writer;
    it is a property of the history and overlaps the outcomes. So do ``torn_copies``: records that stand whole, and
    of which more pieces stand elsewhere.
    """

    attempted: int = 0
    acknowledged: int = 0
    intact: int = 0
    interleaved: int = 0
    truncated: int = 0
    lost: int = 0
    duplicated: int = 0
    indeterminate: int = 0
    phantom: int = 0
    reordered: int = 0
    superseded: int = 0
    torn_copies: int = 0


@dataclass(frozen=True, slots=True)
class ByteCounts:
    """Bytes by owner; ``intact`` to ``foreign`` sum to ``total``, the size of the files."""

    total: int = 0
    intact: int = 0
    fragment: int = 0
    extra: int = 0
    hole: int = 0
    foreign: int = 0


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """Reads of observers by what they saw. ``whole`` to ``rejected`` partition ``total``.

    ``empty`` to ``missing`` are the torn ones: states that nobody wrote. ``absent``: no file, before anything was
    published. Of the whole ones, ``stale`` saw a version that a later one had replaced before they began, or one
    older than the same observer had seen; those last are also counted as ``backward``. ``overlapped``: reads during
    which a publication was under way; ``versions``: different versions that were seen whole.
    """

    total: int = 0
    whole: int = 0
    empty: int = 0
    partial: int = 0
    mixed: int = 0
    foreign: int = 0
    missing: int = 0
    absent: int = 0
    rejected: int = 0
    stale: int = 0
    backward: int = 0
    overlapped: int = 0
    versions: int = 0

    @property
    def torn(self) -> int:
        """Reads of a state that nobody wrote."""
        return self.empty + self.partial + self.mixed + self.foreign + self.missing


@dataclass(frozen=True, slots=True)
class HistoryCounts:
    """Violations of properties over the history; None where it was not, or could not be, checked."""

    real_time_order: int | None = None
    mutual_exclusion: int | None = None
    torn_reads: int | None = None
    reads: int | None = None
    stale_reads: int | None = None


@dataclass(frozen=True, slots=True)
class Contention:
    """Proof that writers collided, from their journals.

    ``start_skew_us``: first operation of the last writer to start minus that of the first.
    ``overlapped_share``: share of operations that overlapped in time one of another writer, 0 to 1.
    ``overlapped_operations``: their number.
    """

    start_skew_us: float = 0.0
    overlapped_share: float = 0.0
    overlapped_operations: int = 0


@dataclass(frozen=True, slots=True)
class Latency:
    """Microseconds from attempt to acknowledgement, over all acknowledged operations of a trial."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    max: float = 0.0


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One piece of damage, for people: where, whose, why.

    ``offset`` and ``length`` are bytes in ``file`` (None where nothing is in the file); ``others`` are the
    writers whose bytes stand between or instead; ``excerpt`` is printable ASCII, at most 160 characters.
    ``cause`` names the mechanism and its evidence, or is ``unknown``.
    """

    kind: AnomalyKind
    offset: int | None
    length: int | None
    writer: int | None
    seq: int | None
    others: tuple[int, ...] = ()
    cause: str = "unknown"
    excerpt: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What the analysis found in one trial: every record and every byte accounted for.

    ``records_per_second``: acknowledged records over the time from the first attempt to the last
    acknowledgement. ``fairness``: Jain's index over the writers' records per second, 1/writers to 1
    (Jain, Chiu, Hawe 1984). ``anomalies`` holds the first of each kind; ``causes`` counts damaged
    records by cause. ``notes``: what could not be checked, and why, and what the strategy had to
    tell. ``reads``: None where nobody observed.
    """

    records: RecordCounts
    bytes: ByteCounts
    history: HistoryCounts = HistoryCounts()
    contention: Contention = Contention()
    latency_us: Latency = Latency()
    records_per_second: float = 0.0
    fairness: float = 0.0
    anomalies: tuple[Anomaly, ...] = ()
    causes: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reads: ReadCounts | None = None

    @classmethod
    def from_document(cls, raw: Mapping[str, Any]) -> Self:
        """The Account that crossed a channel as a dictionary, or that a result document holds."""
        anomalies = tuple(
            Anomaly(**{**one, "kind": AnomalyKind(one["kind"]), "others": tuple(one["others"])})
            for one in raw["anomalies"]
        )
        return cls(
            records=RecordCounts(**raw["records"]),
            bytes=ByteCounts(**raw["bytes"]),
            history=HistoryCounts(**raw["history"]),
            contention=Contention(**raw["contention"]),
            latency_us=Latency(**raw["latency_us"]),
            records_per_second=raw["records_per_second"],
            fairness=raw["fairness"],
            anomalies=anomalies,
            causes=dict(raw["causes"]),
            notes=tuple(raw["notes"]),
            reads=ReadCounts(**raw["reads"]) if raw.get("reads") else None,
        )


@dataclass(frozen=True, slots=True)
class Workload:
    """How much each writer writes. ``duration_s`` bounds a trial by time instead of by ``records``."""

    records: int = 2000
    record_bytes_min: int = 200
    record_bytes_max: int = 200
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a case cannot run on this host, and what to do about it."""

    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.reason}. {self.remedy[:1].upper()}{self.remedy[1:]}"


@dataclass(frozen=True, slots=True)
class Case:
    """One strategy with its options on one storage, with one workload: a row of the result table."""

    name: str
    scenario: str
    strategy: str
    options: dict[str, Any]
    expected: Verdict
    control: str | None
    workload: Workload
    writers: int
    storage: str
    summary: str = ""
    own_record_bytes: bool = False
    """the record size is part of what the case is, and not for the command line to change"""
    own_writers: bool = False
    """likewise the number of writers"""
    amplify: bool = False
    """random yields and sleeps between the strategy's own steps"""
    skip: Skip | None = None
    """why it does not run; None where it can"""

    @property
    def full_name(self) -> str:
        """Scenario and case, the name by which results show it."""
        return f"{self.scenario}/{self.name}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One execution of a case: its own seed, its own files in ``directory`` below the storage's root."""

    case: Case
    index: int
    seed: int
    directory: str
