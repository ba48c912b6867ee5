"""From accounts to a verdict: pure, and hard to please.

``unsafe`` needs one broken promise. ``safe`` needs more than the absence of damage: proof that writers collided, and a
positive control that did corrupt under the same load in the same run. Whatever falls short of both, or failed
to be checked, a promise or a trial, is ``inconclusive``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import counted
from harness.model import Account, Case, ReadCounts, Verdict
from harness.promise import Promise

LEAST_OVERLAP = 0.01
"""share of operations that must have overlapped one of another writer, over all trials, for "they collided" """

NO_OBSERVERS = "nobody observes; set observers and implement observe(place), or do not promise it"
UNCHECKED = {
    Promise.REAL_TIME_ORDER: "each file is of one writer; promise more than that",
    Promise.MUTUAL_EXCLUSION: (
        "sessions have no acquire and release to tell when a critical section began and ended; "
        "give them to each Session, or do not promise it"
    ),
    Promise.NO_TORN_READS: NO_OBSERVERS,
    Promise.FRESH_READS: NO_OBSERVERS,
}
"""promises that not every trial can check, why one could not, and what to do"""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One trial as it went: its account, or the error that kept it from being checked."""

    seed: int
    account: Account | None
    error: str = ""
    rejected: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """What became of a case's positive control in the same run."""

    name: str
    damaged_trials: int
    trials: int
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why."""

    verdict: Verdict
    reasons: tuple[str, ...]


def audit(account: Account, attempted: int, acknowledged: int, reads: int = 0) -> str:
    """What does not add up in an account, empty when all does.

    Outcomes must partition the records and owners the bytes, and the journals must tell of as many records as the
    writers themselves reported at the end of the trial: a journal that is missing or cut must not pass for a
    writer that wrote nothing. The same holds for ``reads`` of observers.
    """
    records, owned = account.records, account.bytes
    outcomes = (
        records.intact + records.interleaved + records.truncated + records.lost + records.duplicated
        + records.indeterminate + records.superseded
    )  # fmt: skip
    owners = owned.intact + owned.fragment + owned.extra + owned.hole + owned.foreign
    seen = account.reads or ReadCounts()
    sums = (
        ("records by outcome", outcomes, "attempted", records.attempted),
        ("bytes by owner", owners, "in the files", owned.total),
        ("records attempted by the journals", records.attempted, "by the writers", attempted),
        ("records acknowledged by the journals", records.acknowledged, "by the writers", acknowledged),
        ("reads by what they saw", seen.whole + seen.torn + seen.absent + seen.rejected, "in all", seen.total),
        ("reads in the logs", seen.total, "by the observers", reads),
    )
    return "; ".join(f"{what}: {one}, but {other} {whose}" for what, one, whose, other in sums if one != other)


def broken_promises(account: Account, promises: Collection[Promise]) -> dict[Promise, int]:
    """How often each promise was broken in one trial; only broken ones are named."""
    records, history = account.records, account.history
    torn = records.interleaved + records.phantom + records.torn_copies
    torn += max(records.truncated - _torn_by_death(account), 0)
    stray = 1 if account.bytes.hole or account.bytes.foreign else 0
    counts = {
        Promise.INTACT: torn or stray,
        Promise.NO_LOSS: records.lost,
        Promise.NO_DUPLICATES: records.duplicated,
        Promise.WRITER_ORDER: records.reordered,
        Promise.REAL_TIME_ORDER: history.real_time_order or 0,
        Promise.MUTUAL_EXCLUSION: history.mutual_exclusion or 0,
        Promise.NO_TORN_READS: history.torn_reads or 0,
        Promise.FRESH_READS: history.stale_reads or 0,
    }
    return {promise: count for promise, count in counts.items() if promise in promises and count > 0}


def was_checked(account: Account, promise: Promise) -> bool:
    """Whether one trial could have shown that the promise was broken."""
    history: Mapping[Promise, int | None] = {
        Promise.REAL_TIME_ORDER: account.history.real_time_order,
        Promise.MUTUAL_EXCLUSION: account.history.mutual_exclusion,
        Promise.NO_TORN_READS: account.history.torn_reads,
        Promise.FRESH_READS: account.history.stale_reads,
    }
    return promise not in history or history[promise] is not None


def damaged_records(account: Account, promises: Collection[Promise]) -> int:
    """Attempted records whose outcome breaks a promise."""
    records = account.records
    damaged = 0
    if Promise.INTACT in promises:
        damaged += records.interleaved + records.truncated - _torn_by_death(account)
    if Promise.NO_LOSS in promises:
        damaged += records.lost
    if Promise.NO_DUPLICATES in promises:
        damaged += records.duplicated
    return damaged


def damaged_reads(account: Account, promises: Collection[Promise]) -> int:
    """Reads whose outcome breaks a promise."""
    reads = account.reads or ReadCounts()
    torn = reads.torn if Promise.NO_TORN_READS in promises else 0
    return torn + (reads.stale if Promise.FRESH_READS in promises else 0)


def control_of(name: str, trials: Sequence[TrialResult], promises: Collection[Promise]) -> Control:
    """How a control did, from its own trials and promises."""
    damaged = sum(1 for trial in trials if trial.account and broken_promises(trial.account, promises))
    return Control(name, damaged, len(trials))


def judge(
    case: Case, promises: Collection[Promise], trials: Sequence[TrialResult], control: Control | None
) -> Judgement:
    """The verdict on one case."""
    if case.skip is not None:
        return Judgement(Verdict.SKIPPED, (str(case.skip),))
    accounts = [trial.account for trial in trials if trial.account is not None]
    damage = [reason for promise in Promise if (reason := _damage(promise, promises, accounts))]
    if damage:
        return Judgement(Verdict.UNSAFE, tuple(damage))
    doubts = [*_doubts(case, trials, accounts, control), *_unchecked(promises, accounts)]
    if doubts:
        return Judgement(Verdict.INCONCLUSIVE, tuple(doubts))
    proof = f"no damage in {counted(len(accounts), 'trial')}, while {_overlap(accounts):.0%} of {_met(accounts)}"
    corrupted = f"and control {control.name} corrupted {control.damaged_trials} of {control.trials}" if control else ""
    return Judgement(Verdict.SAFE, (f"{proof} {corrupted}".strip(), *_rejections(trials, accounts)))


def as_expected(case: Case, verdict: Verdict) -> bool:
    """Whether the verdict is the one that the scenario names."""
    return verdict is case.expected


def _damage(promise: Promise, promises: Collection[Promise], accounts: Sequence[Account]) -> str:
    counts = [broken_promises(account, promises).get(promise, 0) for account in accounts]
    if not any(counts):
        return ""
    hit = sum(1 for count in counts if count)
    return f"{promise} broken {counted(sum(counts), 'time')}, in {hit} of {counted(len(accounts), 'trial')}"


def _doubts(
    case: Case, trials: Sequence[TrialResult], accounts: Sequence[Account], control: Control | None
) -> list[str]:
    if not trials:
        return ["no trial was run"]
    doubts = [f"trial {i} was not checked: {t.error}" for i, t in enumerate(trials) if t.account is None]
    if any(account.records.acknowledged == 0 for account in accounts):
        doubts.append("a trial acknowledged no record at all")
    if case.writers < 2 and accounts and not any(account.reads for account in accounts):
        doubts.append("one writer: there was nobody to collide with")
    elif accounts and _overlap(accounts) < LEAST_OVERLAP:
        doubts.append(
            f"contention is not proven: {_overlap(accounts):.1%} of {_met(accounts)}, "
            f"{LEAST_OVERLAP:.0%} is the least; raise --records or --writers"
        )
    elif accounts and case.writers > 1 and _operations_overlap(accounts) < LEAST_OVERLAP:
        doubts.append(f"the writers hardly met: {_operations_overlap(accounts):.1%} of operations overlapped another's")
    if case.expected is Verdict.UNSAFE:
        doubts.append(
            f"the expected damage did not show in {counted(len(accounts), 'trial')}; raise --trials or --records"
        )
    elif control is None:
        doubts.append("no positive control ran under the same load")
    elif control.skipped:
        doubts.append(f"control {control.name} was skipped, so nothing shows that this load does corrupt")
    elif control.damaged_trials == 0:
        doubts.append(
            f"lost control: {control.name} corrupted 0 of {counted(control.trials, 'trial')}; "
            "raise --trials or --records"
        )
    return doubts


def _unchecked(promises: Collection[Promise], accounts: Sequence[Account]) -> list[str]:
    """Promises that some trial could not check: whatever nobody looked at was not shown to be kept.

    Real-time order is none of them where more was promised: it is left out where each file is of one writer, so that no
    record of another stands before or behind it, and there is nothing to keep or to break.
    """
    doubts = []
    for promise in Promise:
        if promise not in promises or (promise is Promise.REAL_TIME_ORDER and len(promises) > 1):
            continue
        missed = sum(1 for account in accounts if not was_checked(account, promise))
        if missed:
            where = f"in {missed} of {len(accounts)} trials" if missed < len(accounts) else "in any trial"
            doubts.append(f"{promise} is promised and was not checked {where}: {UNCHECKED[promise]}")
    return doubts


def _rejections(trials: Sequence[TrialResult], accounts: Sequence[Account]) -> list[str]:
    """Nobody is harmed by an operation that is turned away, and nobody served."""
    rejected = sum(trial.rejected for trial in trials)
    attempted = sum(account.records.attempted for account in accounts)
    return [f"{rejected} of {counted(attempted, 'operation')} were rejected"] if rejected else []


def _overlap(accounts: Sequence[Account]) -> float:
    """Share of all trials' operations that overlapped, 0 to 1: of the reads where there were observers."""
    if seen := [account.reads for account in accounts if account.reads]:
        total = sum(reads.total for reads in seen)
        return sum(reads.overlapped for reads in seen) / total if total else 0.0
    return _operations_overlap(accounts)


def _operations_overlap(accounts: Sequence[Account]) -> float:
    """Share of the writers' operations that overlapped another writer's, 0 to 1."""
    attempted = sum(account.records.attempted for account in accounts)
    return sum(account.contention.overlapped_operations for account in accounts) / attempted if attempted else 0.0


def _met(accounts: Sequence[Account]) -> str:
    """What overlapped what."""
    if any(account.reads for account in accounts):
        return "reads overlapped a publication"
    return "operations overlapped another writer's"


def _torn_by_death(account: Account) -> int:
    """Records that their writer's own death cut short: legal, they were never acknowledged."""
    return account.causes.get("writer died", 0)
