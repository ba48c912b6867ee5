"""Which of the records that stand there somebody attempted: what journals do not know of is foreign, or a phantom."""

from harness.analysis import inner
from harness.analysis.cells import Flags, Ints
from harness.analysis.disputes import without_others
from harness.analysis.found import Found
from harness.analysis.journals import Journals
from harness.analysis.ledger import Ledger
from harness.analysis.settled import Complete, Tears
from harness.analysis.spans import Fragments, Stretches, Wholes


class Attempted:
    """Takes away what nobody attempted, and counts it: ``foreign`` bytes, and ``phantoms``, records that are all there.

    Without ``journals`` all was attempted, as far as the ledger has room for it; ``crowded`` tells that it had not.
    A record of another length than its writer noted is not the one that it attempted.
    """

    def __init__(self, ledger: Ledger, found: Found, journals: Journals) -> None:
        self.foreign = 0
        self.phantoms = 0
        self.crowded = False
        self._ledger = ledger
        self._found = found
        self._journals = journals

    def wholes(self, wholes: Wholes) -> Wholes:
        """The whole records that somebody attempted."""
        real, phantom = self._real(wholes.key, wholes.size, wholes.size)
        if real.all():
            return wholes
        self.phantoms += int(phantom.sum())
        self._found.show(self._found.phantom, wholes.take(phantom))
        return wholes.take(real)

    def fragments(self, fragments: Fragments) -> Fragments:
        """The fragments of records that somebody attempted, with what others disputed with them."""
        if not len(fragments):
            return fragments
        real, _ = self._real(fragments.key, fragments.size)
        if real.all():
            return fragments
        others = fragments.take(~real)
        self._found.show_stretches(self._found.given_up, Stretches(others.pos, others.size + others.soft_right))
        fragments, given_up = without_others(fragments, real)
        self.foreign += given_up
        return fragments

    def complete(self, complete: Complete, tears: Tears) -> tuple[Complete, Tears]:
        """The records in pieces that somebody attempted, and their tears."""
        if not len(complete):
            return complete, tears
        real, phantom = self._real(complete.key, complete.bytes, complete.length)
        if real.all():
            return complete, tears
        self.phantoms += int(phantom.sum())
        strange = complete.take(phantom)
        self._found.show(self._found.phantom, Wholes(strange.pos, strange.end - strange.pos, strange.key))
        return complete.take(real), tears.take(inner.among(tears.key, complete.key[real]))

    def _real(self, key: Ints, size: Ints, length: Ints | None = None) -> tuple[Flags, Flags]:
        """Of pieces by key: whether somebody attempted the record, of that length where it is known, and whether it is
        a phantom. Others are foreign."""
        place = self._ledger.locate(key)
        roomy = place >= 0
        if not roomy.all():
            self.crowded = True
        real = self._ledger.test("attempted", place) if self._journals else roomy
        if self._journals and length is not None:
            told = self._journals.length_of(key)
            real &= (told == 0) | (told == length)
        self.foreign += int(size[~real].sum())
        return real, ~real & roomy
