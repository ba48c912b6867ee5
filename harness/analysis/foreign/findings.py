"""What the analysis of a foreign log finds, as frozen records. Nothing here computes."""

from dataclasses import dataclass, field
from enum import StrEnum

MAX_FINDINGS = 10_000
"""Of each kind; the counts go on."""
EXCERPT_BYTES = 160


class FindingKind(StrEnum):
    """What is wrong with a line, a record or the file."""

    MALFORMED = "malformed"
    """a line that the pattern does not match as a whole, or whose checksum is wrong"""
    HOLE = "hole"
    """a run of NUL bytes"""
    DUPLICATED = "duplicated"
    """a further copy of a record already seen"""
    REORDERED = "reordered"
    """a record below the highest sequence number already seen from its writer"""
    MISSING = "missing"
    """a gap: records ``seq`` to ``last_seq`` of a writer have no well-formed line"""
    UNEXPECTED = "unexpected"
    """a writer or records beyond what was expected"""
    UNTERMINATED = "unterminated"
    """the last line does not end in a newline"""
    UNREADABLE = "unreadable"
    """the input broke off: what follows was not seen"""


@dataclass(frozen=True, slots=True)
class Expected:
    """How many ``writers`` there were and how many ``records`` each of them wrote; None where nobody knows."""

    writers: int | None = None
    records: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A record by its name."""

    writer: str | None
    seq: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of damage: where, whose, why.

    ``offset`` and ``length`` are bytes in the (decompressed) input, None where nothing is there. ``records``
    are the records that can be told from pieces in a malformed line.
    """

    kind: FindingKind
    cause: str
    offset: int | None = None
    length: int | None = None
    writer: str | None = None
    seq: int | None = None
    last_seq: int | None = None
    records: tuple[Named, ...] = ()
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes of the decompressed input, NULs among them, and the runs that the NULs stand in."""

    total: int = 0
    nul: int = 0
    nul_runs: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """``matching``, ``malformed`` and ``blank`` partition ``total``."""

    total: int = 0
    matching: int = 0
    malformed: int = 0
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Records:
    """Counts of records; None where the pattern has no group to tell them by.

    ``distinct`` have a well-formed line; ``duplicated`` counts extra copies; ``missing`` expected records without a
    well-formed line, of which ``missing_in_pieces`` are named by pieces in malformed lines; ``unexpected`` are
    distinct ones beyond what was expected. With an expectation, distinct + missing = expected + unexpected.
    """

    distinct: int | None = None
    duplicated: int | None = None
    missing: int | None = None
    reordered: int | None = None
    expected: int | None = None
    unexpected: int = 0
    missing_in_pieces: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """One writer's share. ``gaps``: the first runs of missing sequence numbers, both ends included."""

    writer: str | None
    lines: int
    distinct: int | None = None
    duplicated: int | None = None
    missing: int | None = None
    reordered: int | None = None
    first: int | None = None
    last: int | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    gap_count: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found. ``findings`` holds the first MAX_FINDINGS of each kind; ``notes`` what could not be told."""

    bytes: Bytes
    lines: Lines
    records: Records
    writers: tuple[Writer, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def damaged(self) -> bool:
        """Whether there is anything wrong."""
        return bool(self.findings)


def printable(text: bytes) -> str:
    """A line's text without its newline as at most EXCERPT_BYTES characters of printable ASCII, the rest as escapes."""
    shown, length = [], 0
    text = text.removesuffix(b"\n")
    if len(text) <= EXCERPT_BYTES and text.isascii() and (plain := text.decode()).isprintable():
        return plain
    for byte in text[: EXCERPT_BYTES + 1]:
        piece = chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
        length += len(piece)
        shown.append(piece)
    if length <= EXCERPT_BYTES:
        return "".join(shown)
    while length > EXCERPT_BYTES - 3:
        length -= len(shown.pop())
    return "".join(shown) + "..."


def name_of(writer: bytes) -> str:
    """A writer's name as text: UTF-8 where it is, escapes elsewhere."""
    return writer.decode("utf-8", "backslashreplace")
