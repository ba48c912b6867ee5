"""Records and bytes, tallied block by block in file order.

Each block adds whole records, records that its own fragments complete, and fragments that stay open.
Open ones are settled again together with those of the neighbouring blocks, and once more at the end (``shelf``);
what completes is one bit from then on.
"""

from collections.abc import Sequence

import numpy as np

from harness.analysis import inner
from harness.analysis.attempted import Attempted
from harness.analysis.blocks import Scanned, Source
from harness.analysis.causes import Streams, TearEvidence, classify
from harness.analysis.cells import SEQ_BITS, Flags, Ints
from harness.analysis.coverage import NO_GAPS
from harness.analysis.disputes import parted, together
from harness.analysis.edges import MOST_OPEN, MOST_TOKENS, GivenUp, back, front, last_look
from harness.analysis.found import Found
from harness.analysis.joints import Joints
from harness.analysis.journals import Journals
from harness.analysis.ledger import Ledger
from harness.analysis.order import Order
from harness.analysis.outcomes import assume_attempted, outcomes
from harness.analysis.remnants import Remnants
from harness.analysis.seen import FirstSeen
from harness.analysis.settle import Around, settle
from harness.analysis.settled import NO_PLACES, Complete, Settled, Tears
from harness.analysis.shelf import Open, Shelf, granted
from harness.analysis.spans import Fragments, Stretches, Tokens, Wholes
from harness.analysis.spread import Spread
from harness.analysis.tokens import NEAR_BYTES
from harness.analysis.truncated import Truncated
from harness.model import ByteCounts, RecordCounts
from harness.trace.record import MAX_WRITERS

MOST_OVERLONG = 1 << 20
"""Records that have bytes twice, of which that is remembered."""


class Tally:
    """Counts that grow with each block. ``finish`` closes them; then they sum up."""

    def __init__(self, journals: Journals, sources: Sequence[Source], limit: int) -> None:
        rows = sum(journals[writer].rows for writer in journals.writers)
        self.ledger = Ledger(sum(source.size for source in sources), rows)
        self.spread = Spread(sources)
        self.order = Order(journals, limit)
        self.found = Found(limit)
        self.evidence = TearEvidence()
        self.bytes = dict.fromkeys(("intact", "fragment", "extra", "hole", "foreign"), 0)
        self._last = np.full(MAX_WRITERS, -1, np.int64)
        self.truncated = Truncated(self.ledger, sources, limit, self._last if journals else None)
        self.told = Fragments.empty()
        self._overlong: dict[int, int] = {}
        self._journals = journals
        self.attempted = Attempted(self.ledger, self.found, journals)
        self._streams = Streams(journals)
        self._recent: list[Fragments] = []
        self._shelf = Shelf(self.ledger)
        self._tokens: list[Tokens] = []
        self._joints = Joints()
        self._gaps = NO_GAPS
        self._remnants = Remnants()
        for writer in journals.writers:
            self._note_journal(writer)

    def _note_journal(self, writer: int) -> None:
        for start, (begin, acknowledged) in self._journals.slices(writer, "begin", "acknowledged"):
            attempted = (begin != 0) | (acknowledged != 0)
            if attempted.any():
                self._last[writer] = writer << SEQ_BITS | start + int(np.flatnonzero(attempted)[-1])
            self.ledger.set_range("attempted", writer, start, attempted)
            self.ledger.set_range("acknowledged", writer, start, acknowledged != 0)

    def add(self, scanned: Scanned) -> None:
        """Take in the next block."""
        settled, unowned, wholes = scanned.settled, scanned.unowned, scanned.wholes
        self.bytes["hole"] += unowned.hole_bytes
        self.bytes["foreign"] += unowned.foreign_bytes
        self.found.show_stretches(self.found.holes, unowned.holes)
        self.found.show_stretches(self.found.foreign, unowned.foreign)
        if len(settled.wholes):
            wholes = Wholes.join([wholes, settled.wholes])
            wholes = wholes.take(inner.order(wholes.pos))
        wholes = self.attempted.wholes(wholes)
        fragments = self.attempted.fragments(settled.fragments)
        complete, tears = self.attempted.complete(settled.complete, settled.tears)
        self.spread.add(scanned.file, (wholes.key, complete.key, fragments.key))
        self._first_seen(wholes, scanned.first)
        self._add_wholes(wholes)
        self._add_complete(complete, tears)
        self._add_foreign(scanned.given_up)
        self._keep(fragments, settled.tokens, scanned)

    def _first_seen(self, wholes: Wholes, first: FirstSeen) -> None:
        """Tell the order of records, by where the first of each stands."""
        if not len(first):
            self.order.add(wholes.key, wholes.pos, self._known)
            return
        place = self.ledger.locate(first.key)
        real = place >= 0
        if self._journals:
            real &= self.ledger.test("attempted", place)
        if not real.all():
            first = first.take(real)
        self.order.add(first.key, first.pos, self._known)

    def _known(self, key: Ints) -> Flags:
        """Whether a byte of these records stood in an earlier block."""
        place = self.ledger.locate(key)
        known = self.ledger.test("seen", place)
        for plane in ("whole", "complete"):
            known |= self.ledger.test(plane, place)
        return known

    def _add_wholes(self, wholes: Wholes) -> None:
        if not len(wholes):
            return
        place = self.ledger.locate(wholes.key)
        if self.order.fresh:
            first = np.ones(len(wholes), np.bool_)
        else:
            first = np.zeros(len(wholes), np.bool_)
            first[np.unique(wholes.key, return_index=True)[1]] = True
            first &= ~self.ledger.test("whole", place)
            again = self.ledger.test("complete", place) & first
            self.ledger.set("recopied", place[again])
            moved = min(self._counted(wholes.take(again)), self.bytes["fragment"])
            self.bytes["fragment"] -= moved
            self.bytes["extra"] += moved
        self.ledger.set("whole", place)
        if first.all():
            self.bytes["intact"] += int(wholes.size.sum())
            return
        self.ledger.set("twice", place[~first])
        self.bytes["intact"] += int(wholes.size[first].sum())
        self.bytes["extra"] += int(wholes.size[~first].sum())
        self.found.show(self.found.extra, wholes.take(~first))

    def _counted(self, wholes: Wholes) -> int:
        """The bytes in the pieces that completed these records before."""
        if not self._overlong:
            return int(wholes.size.sum())
        rows = zip(wholes.key.tolist(), wholes.size.tolist(), strict=True)
        return sum(self._overlong.get(key, size) for key, size in rows)

    def _add_complete(self, complete: Complete, tears: Tears) -> None:
        """Records that fragments complete: interleaved, unless they stand whole somewhere."""
        if not len(complete):
            return
        place = self.ledger.locate(complete.key)
        whole = self.ledger.test("whole", place)
        new = ~whole & ~self.ledger.test("complete", place)
        self.bytes["extra"] += int(complete.bytes[whole].sum())
        self.bytes["fragment"] += int(complete.bytes[~whole].sum())
        if whole.any():
            self._add_torn_copies(place[whole], complete.take(whole).spans())
        self.ledger.set("complete", place)
        overlong = complete.take((complete.bytes > complete.length) & new)
        if len(self._overlong) < MOST_OVERLONG:
            self._overlong.update(zip(overlong.key.tolist(), overlong.bytes.tolist(), strict=True))
        if not new.all():
            complete, place = complete.take(new), place[new]
            tears = tears.take(inner.among(tears.key, complete.key))
        self.found.show(self.found.complete, complete)
        if len(tears):
            colliding = self.ledger.test("colliding", self.ledger.locate(tears.key))
            classes = classify(tears, self._streams, colliding)
            self.evidence.add(classes)
            if len(self.found.classes) < self.found.limit:
                self.found.classes.append(classes)

    def _add_torn_copies(self, place: Ints, pieces: Wholes) -> None:
        """Pieces of records that stand whole elsewhere, and the places of these in the ledger."""
        self.ledger.set("recopied", place)
        pieces = Wholes.join([*self.found.torn_copies, pieces])
        self.found.torn_copies[:] = [pieces.take(inner.order(pieces.pos)[: self.found.limit])]

    def _keep(self, fragments: Fragments, tokens: Tokens, scanned: Scanned) -> None:
        """Keep what is open, settled with what is near; what is further off waits for the end."""
        if not (len(fragments) or len(tokens) or self._recent or self._tokens or self._joints.fragments):
            return
        place = self.ledger.locate(fragments.key)
        again = self.ledger.test("seen", place)
        self.ledger.set("seen", place)
        waits = scanned.settled.waits
        edge = (fragments.pos < front(fragments.pos, MOST_OPEN)) | (fragments.pos > back(fragments.pos, MOST_OPEN))
        joint = together(fragments, again | waits | edge)
        self._shelf.add(fragments.take(~joint))
        fragments = fragments.take(joint)
        gaps = scanned.gaps
        beside = inner.among(gaps[:, 0], fragments.pos + fragments.size) | inner.among(gaps[:, 1], fragments.pos)
        self._gaps = np.concatenate([self._gaps, gaps[beside]])
        self._joints.add(scanned, fragments, tokens, again=bool(again.any()))
        if self._joints.enough:
            self._settle_joints()

    def _settle_joints(self) -> None:
        """Settle what waits at the joints of blocks, and keep what stays open of the last of it."""
        waiting, self._joints = self._joints, Joints()
        rest = Fragments.join([Fragments.empty(), *self._recent, *waiting.fragments])
        left = Tokens.join([Tokens.empty(), *self._tokens, *waiting.tokens])
        if waiting.again or len(left):
            settled = settle(rest, left, waiting.around(self._gaps))
            self._take_settled(settled)
            rest, left = settled.fragments, settled.tokens
        crowd = max(back(left.pos, MOST_TOKENS), back(rest.pos, MOST_OPEN // 2))
        aged = left.pos <= max(waiting.end - NEAR_BYTES, crowd)
        rest, left = self._give_up(rest, left.take(aged)), left.take(~aged)
        near = max(waiting.end - 2 * NEAR_BYTES, back(rest.pos, MOST_OPEN))
        older, recent = parted(rest, rest.pos + rest.size > near)
        self._shelf.add(older)
        while self._shelf.full:
            self._close(self._shelf.oldest())
        self._recent = [recent] if len(recent) else []
        self._tokens = [left] if len(left) else []
        self._gaps = self._gaps[self._gaps[:, 1] > near]

    def _take_settled(self, settled: Settled) -> None:
        """Records completed across blocks."""
        if len(settled.wholes):
            self.order.fresh = False
            self._add_wholes(settled.wholes)
        self._add_complete(settled.complete, settled.tears)

    def _give_up(self, fragments: Fragments, tokens: Tokens) -> Fragments:
        """The fragments that stay open after a last look at these tokens; what is left of those is foreign."""
        found = last_look(fragments, tokens, self._gaps)
        self._take_settled(found)
        self._add_foreign(GivenUp(tokens, found.tokens))
        return found.fragments

    def _add_foreign(self, given_up: GivenUp) -> None:
        """Count what is left of short pieces that had their last look."""
        left = given_up.left
        self.bytes["foreign"] += int(left.size.sum())
        self.found.show_stretches(self.found.given_up, Stretches(left.pos, left.size))
        self._remnants.add(given_up.pieces, left)

    def _close(self, fragments: Fragments) -> None:
        """Count fragments that cannot be kept: what is open now stays truncated."""
        settled = settle(fragments, Tokens.empty())
        self._take_settled(settled)
        fragments = granted(settled.fragments)
        self.truncated.add(self.truncated.judged(fragments.take(self._owned(fragments))))

    def _owned(self, fragments: Fragments | Open) -> Flags:
        """Count the bytes of fragments that stay open. Returns which of them are of truncated records."""
        place = self.ledger.locate(fragments.key)
        extra = self.ledger.test("whole", place)
        total, twice = int(fragments.size.sum()), int(fragments.size[extra].sum())
        self.bytes["extra"] += twice
        self.bytes["fragment"] += total - twice
        if twice:
            size = fragments.size[extra].astype(np.int64)
            self._add_torn_copies(place[extra], Wholes(fragments.pos[extra], size, fragments.key[extra]))
        return ~extra & ~self.ledger.test("complete", place)

    def finish(self, threads: int = 1) -> None:
        """Settle everything that is still open; ``threads`` look at it at a time."""
        self._settle_joints()
        rest, left = Fragments.join([*self._recent, Fragments.empty()]), Tokens.join([*self._tokens, Tokens.empty()])
        near = settle(rest, left, Around(self._gaps, NO_PLACES))
        self._take_settled(near)
        self._shelf.add(self._give_up(near.fragments, near.tokens))
        for settled in self._shelf.settled():
            self._take_settled(settled)
        self._shelf.keep(self._owned)
        if not self._journals:
            assume_attempted(self.ledger)
        self.told, freed = self._remnants.told(self.ledger, self._journals, self._shelf)
        more = int(self.told.size.sum()) - int(freed.size.sum())
        self.bytes["fragment"] += more
        self.bytes["foreign"] -= more
        for judged in self._shelf.map(self.truncated.judged, threads):
            self.truncated.add(judged)

    @property
    def exact(self) -> bool:
        """Whether all pieces that stayed open could be kept until the end."""
        return self._shelf.complete

    def records(self) -> RecordCounts:
        """Outcomes, from the planes, and the violations of order."""
        return RecordCounts(**outcomes(self.ledger), phantom=self.attempted.phantoms, reordered=self.order.reordered)

    def byte_counts(self) -> ByteCounts:
        """Bytes by owner."""
        owned = {**self.bytes, "foreign": self.bytes["foreign"] + self.attempted.foreign}
        return ByteCounts(total=sum(owned.values()), **owned)
