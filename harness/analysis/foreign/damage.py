"""What a pass collects of damage: the first findings of each kind, and the records named by torn pieces."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.analysis.foreign.findings import MAX_FINDINGS, Finding, FindingKind
from harness.analysis.foreign.pieces import Piece

MAX_TORN = 200_000


@dataclass(slots=True)
class Damage:
    """``findings`` with the names of records that pieces in them tell; ``torn``: where each of these stands
    first; ``hidden``: matching lines that may name a second record.
    """

    lines: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[Finding, tuple[Piece, ...]]] = field(default_factory=list)
    torn: dict[Piece, int] = field(default_factory=dict)
    hidden: list[tuple[int, tuple[Piece, ...]]] = field(default_factory=list)
    unlisted: Counter[FindingKind] = field(default_factory=Counter)
    _kinds: Counter[FindingKind] = field(default_factory=Counter)

    def room(self, kind: FindingKind) -> int:
        """How many more findings of a kind are kept."""
        return MAX_FINDINGS - self._kinds[kind]

    def add(self, finding: Finding, names: Sequence[Piece] = ()) -> None:
        """Keep a finding, while there is room for its kind; ``unlisted`` counts the others."""
        if self.room(finding.kind):
            self._kinds[finding.kind] += 1
            self.findings.append((finding, tuple(names)))
        else:
            self.unlisted[finding.kind] += 1

    @property
    def asks(self) -> bool:
        """Whether there is use for the names of torn records: for a finding, or for the count."""
        return len(self.torn) < MAX_TORN or bool(self.room(FindingKind.MALFORMED))

    def told(self, kind: FindingKind) -> int:
        """How many findings of a kind were kept."""
        return self._kinds[kind]

    def torn_at(self, names: Sequence[Piece], offset: int) -> None:
        """Remember that pieces of these records stand in the line at ``offset``."""
        for name in names:
            if len(self.torn) < MAX_TORN:
                self.torn.setdefault(name, offset)

    def hidden_at(self, names: Sequence[Piece], offset: int) -> None:
        """Remember that a matching line at ``offset`` names further records."""
        if len(self.hidden) < MAX_TORN:
            self.hidden.append((offset, tuple(names)))
