"""What waits at the joints of blocks, until there is enough of it to be worth settling."""

from dataclasses import dataclass, field

import numpy as np

from harness.analysis.blocks import Scanned
from harness.analysis.cells import Ints
from harness.analysis.settle import Around
from harness.analysis.settled import NO_PLACES
from harness.analysis.spans import Fragments, Tokens

MOST_BLOCKS = 8
MOST_TOKENS = 4096
MOST_FRAGMENTS = 1 << 14
"""With one of these it is enough."""


@dataclass(slots=True)
class Joints:
    """The open ``fragments`` and short pieces, ``tokens``, of some blocks in a row, which end at ``end``; ``again``:
    whether some are of records of which there were others before. ``untried``: whether there are tokens among them that
    were not tried in their block. ``starts`` of the blocks; ``fresh``: see ``Around``."""

    fragments: list[Fragments] = field(default_factory=list)
    tokens: list[Tokens] = field(default_factory=list)
    fresh: list[Ints] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    untried: bool = False
    end: int = 0
    again: bool = False

    def add(self, scanned: Scanned, fragments: Fragments, tokens: Tokens, *, again: bool) -> None:
        """Let what is open of one more block wait."""
        self.untried |= scanned.settled.waits
        self.starts.append(scanned.start)
        self.fragments.append(fragments)
        self.tokens.append(tokens)
        self.fresh.append(scanned.settled.fresh)
        self.end = scanned.end
        self.again |= again

    def around(self, gaps: Ints) -> Around:
        """What is known around them, the gaps of all blocks given."""
        joints = None if self.untried else np.array(self.starts, np.int64)
        return Around(gaps, joints, np.concatenate([NO_PLACES, *self.fresh]))

    @property
    def enough(self) -> bool:
        """Whether these are as many as are settled at a time."""
        if len(self.fragments) >= MOST_BLOCKS or sum(map(len, self.tokens)) >= MOST_TOKENS:
            return True
        return sum(map(len, self.fragments)) >= MOST_FRAGMENTS
