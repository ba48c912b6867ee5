"""Verdicts: one broken promise is unsafe, and safe takes proof."""

from dataclasses import replace

import pytest

from harness.model import (
    Account,
    ByteCounts,
    Case,
    Contention,
    HistoryCounts,
    ReadCounts,
    RecordCounts,
    Verdict,
    Workload,
)
from harness.promise import Promise
from harness.strategies.base import LOG_PROMISES
from harness.verdict import (
    Control,
    TrialResult,
    audit,
    broken_promises,
    control_of,
    damaged_reads,
    damaged_records,
    judge,
)

CASE = Case("c", "s", "append", {}, Verdict.SAFE, "k", Workload(100), 8, "volume")
CLEAN = Account(
    RecordCounts(attempted=100, acknowledged=100, intact=100),
    ByteCounts(total=100, intact=100),
    HistoryCounts(real_time_order=0, mutual_exclusion=0, torn_reads=0, stale_reads=0),
    Contention(10.0, 0.5, 50),
)
CONTROL = Control("k", 5, 5)
ALL = frozenset(Promise)


def trials(*accounts: Account) -> list[TrialResult]:
    return [TrialResult(seed, account) for seed, account in enumerate(accounts)]


def test_safe_names_its_proof() -> None:
    judged = judge(CASE, LOG_PROMISES, trials(CLEAN, CLEAN), CONTROL)
    assert judged.verdict is Verdict.SAFE
    assert judged.reasons == (
        "no damage in 2 trials, while 50% of operations overlapped another writer's and control k corrupted 5 of 5",
    )


def test_what_was_turned_away_is_said() -> None:
    turned_away = replace(CLEAN, records=RecordCounts(attempted=100, acknowledged=60, intact=60, indeterminate=40))
    judged = judge(CASE, LOG_PROMISES, [TrialResult(1, CLEAN), TrialResult(2, turned_away, rejected=40)], CONTROL)
    assert judged.verdict is Verdict.SAFE
    assert judged.reasons[1:] == ("40 of 200 operations were rejected",)


BROKEN = [
    (Promise.INTACT, replace(CLEAN, records=RecordCounts(100, 100, 99, interleaved=1))),
    (Promise.INTACT, replace(CLEAN, records=RecordCounts(100, 100, 99, truncated=1))),
    (Promise.INTACT, replace(CLEAN, records=RecordCounts(100, 100, 100, phantom=1))),
    (Promise.INTACT, replace(CLEAN, records=RecordCounts(100, 100, 100, torn_copies=1))),
    (Promise.INTACT, replace(CLEAN, bytes=ByteCounts(total=101, intact=100, hole=1))),
    (Promise.INTACT, replace(CLEAN, bytes=ByteCounts(total=101, intact=100, foreign=1))),
    (Promise.NO_LOSS, replace(CLEAN, records=RecordCounts(100, 100, 99, lost=1))),
    (Promise.NO_DUPLICATES, replace(CLEAN, records=RecordCounts(100, 100, 99, duplicated=1))),
    (Promise.WRITER_ORDER, replace(CLEAN, records=RecordCounts(100, 100, 100, reordered=1))),
    (Promise.REAL_TIME_ORDER, replace(CLEAN, history=replace(CLEAN.history, real_time_order=1))),
    (Promise.MUTUAL_EXCLUSION, replace(CLEAN, history=replace(CLEAN.history, mutual_exclusion=1))),
    (Promise.NO_TORN_READS, replace(CLEAN, history=replace(CLEAN.history, torn_reads=1))),
    (Promise.FRESH_READS, replace(CLEAN, history=replace(CLEAN.history, stale_reads=1))),
]


@pytest.mark.parametrize(("promise", "account"), BROKEN)
def test_one_broken_promise_is_unsafe(promise: Promise, account: Account) -> None:
    assert broken_promises(account, ALL) == {promise: 1}
    judged = judge(CASE, ALL, trials(CLEAN, account), CONTROL)
    assert judged.verdict is Verdict.UNSAFE
    assert judged.reasons == (f"{promise} broken 1 time, in 1 of 2 trials",)


@pytest.mark.parametrize(("promise", "account"), BROKEN)
def test_what_was_not_promised_is_no_damage(promise: Promise, account: Account) -> None:
    assert judge(CASE, ALL - {promise}, trials(CLEAN, account), CONTROL).verdict is Verdict.SAFE


def test_damage_wins_over_doubt() -> None:
    broken = trials(BROKEN[0][1])
    assert judge(replace(CASE, writers=1), ALL, [*broken, TrialResult(9, None, "died")], None).verdict is Verdict.UNSAFE


def doubt(case: Case, results: list[TrialResult], control: Control | None) -> str:
    judged = judge(case, ALL, results, control)
    assert judged.verdict is Verdict.INCONCLUSIVE
    return "; ".join(judged.reasons)


def test_one_writer_is_inconclusive() -> None:
    assert doubt(replace(CASE, writers=1), trials(CLEAN), CONTROL) == "one writer: there was nobody to collide with"


def watched(reads: ReadCounts) -> Account:
    """A clean account of one publisher and what its observers saw."""
    records = RecordCounts(100, 100, intact=1, superseded=99)
    history = HistoryCounts(torn_reads=reads.torn, reads=reads.total, stale_reads=reads.stale)
    return replace(CLEAN, records=records, history=history, contention=Contention(), reads=reads)


PUBLISHER = replace(CASE, strategy="document", writers=1)
DOCUMENT = {Promise.INTACT, Promise.NO_LOSS, Promise.NO_TORN_READS, Promise.FRESH_READS}


def test_one_publisher_collides_with_its_observers() -> None:
    results = trials(watched(ReadCounts(total=100, whole=100, overlapped=20)), watched(ReadCounts(100, 100)))
    judged = judge(PUBLISHER, DOCUMENT, results, CONTROL)
    assert (judged.verdict, judged.reasons) == (
        Verdict.SAFE,
        ("no damage in 2 trials, while 10% of reads overlapped a publication and control k corrupted 5 of 5",),
    )


def test_observers_that_missed_every_publication_are_inconclusive() -> None:
    for reads in (ReadCounts(total=1000, whole=1000, overlapped=9), ReadCounts()):
        judged = judge(PUBLISHER, DOCUMENT, trials(watched(reads)), CONTROL)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert "% of reads overlapped a publication, 1% is the least" in judged.reasons[0]


def test_one_torn_and_one_stale_read_are_unsafe() -> None:
    for reads in (ReadCounts(total=9, whole=8, missing=1), ReadCounts(total=9, whole=9, stale=1)):
        assert judge(PUBLISHER, DOCUMENT, trials(watched(reads)), CONTROL).verdict is Verdict.UNSAFE
        assert damaged_reads(watched(reads), DOCUMENT) == 1
        assert damaged_reads(watched(reads), {Promise.INTACT}) == 0


def test_reads_have_to_add_up() -> None:
    assert audit(watched(ReadCounts(total=3, whole=1, empty=1, absent=1)), 100, 100, 3) == ""
    assert audit(watched(ReadCounts(total=3, whole=1)), 100, 100, 3) == "reads by what they saw: 1, but 3 in all"
    assert audit(watched(ReadCounts(total=3, whole=3)), 100, 100, 4) == "reads in the logs: 3, but 4 by the observers"
    assert audit(CLEAN, 100, 100, 4) == "reads in the logs: 0, but 4 by the observers"


def test_writers_that_hardly_overlapped_are_inconclusive() -> None:
    apart = replace(CLEAN, contention=Contention(10.0, 0.0, 0))
    assert "contention is not proven: 0.0% of operations" in doubt(CASE, trials(apart), CONTROL)


def test_without_a_control_it_is_inconclusive() -> None:
    assert doubt(CASE, trials(CLEAN), None) == "no positive control ran under the same load"


def test_a_control_that_did_not_corrupt_is_a_lost_control() -> None:
    assert "lost control: k corrupted 0 of 5 trials" in doubt(CASE, trials(CLEAN), Control("k", 0, 5))


def test_a_crashed_check_is_inconclusive() -> None:
    assert "trial 1 was not checked: it died" in doubt(CASE, [*trials(CLEAN), TrialResult(1, None, "it died")], CONTROL)


def test_nothing_run_and_nothing_written_are_inconclusive() -> None:
    assert "no trial was run" in doubt(CASE, [], CONTROL)
    empty = Account(RecordCounts(), ByteCounts(), contention=CLEAN.contention)
    assert "acknowledged no record" in doubt(CASE, trials(empty), CONTROL)


def test_expected_damage_that_did_not_show_is_never_safe() -> None:
    unsafe = replace(CASE, expected=Verdict.UNSAFE, control=None)
    assert "the expected damage did not show in 1 trial;" in doubt(unsafe, trials(CLEAN), None)


def test_a_tail_torn_by_its_writers_death_is_no_damage() -> None:
    died = replace(CLEAN, records=RecordCounts(100, 99, 99, truncated=1), causes={"writer died": 1})
    assert broken_promises(died, ALL) == {}
    assert damaged_records(died, ALL) == 0


def test_a_death_excuses_only_what_it_tore() -> None:
    stray = replace(CLEAN, bytes=ByteCounts(total=101, intact=100, hole=1), causes={"writer died": 1})
    assert broken_promises(stray, ALL) == {Promise.INTACT: 1}


def test_writers_who_never_met_prove_nothing_by_their_readers() -> None:
    reads = ReadCounts(total=10, whole=10, overlapped=10)
    account = replace(CLEAN, reads=reads, contention=replace(CLEAN.contention, overlapped_operations=0))
    told = doubt(CASE, trials(account), CONTROL)
    assert "the writers hardly met: 0.0% of operations overlapped another's" in told
    assert "hardly met" not in "".join(judge(replace(CASE, writers=1), ALL, trials(account), CONTROL).reasons)


def test_controls_count_their_own_broken_promises() -> None:
    assert control_of("k", trials(CLEAN, BROKEN[0][1], BROKEN[7][1]), LOG_PROMISES) == Control("k", 2, 3)
    assert control_of("k", trials(CLEAN, BROKEN[7][1]), {Promise.INTACT}) == Control("k", 0, 2)


def test_damaged_records_are_counted_once_each() -> None:
    account = replace(CLEAN, records=RecordCounts(100, 100, 90, 4, 3, 2, 1, reordered=50))
    assert damaged_records(account, LOG_PROMISES) == 10
    assert damaged_records(account, {Promise.NO_LOSS}) == 2


def test_an_account_that_adds_up() -> None:
    assert audit(CLEAN, 100, 100) == ""


@pytest.mark.parametrize(
    ("account", "attempted", "acknowledged", "message"),
    [
        (replace(CLEAN, records=RecordCounts(100, 100, 99)), 100, 100, "records by outcome: 99, but 100 attempted"),
        (replace(CLEAN, bytes=ByteCounts(100, 99)), 100, 100, "bytes by owner: 99, but 100 in the files"),
        (CLEAN, 200, 100, "records attempted by the journals: 100, but 200 by the writers"),
        (CLEAN, 100, 99, "records acknowledged by the journals: 100, but 99 by the writers"),
    ],
)
def test_an_account_that_does_not(account: Account, attempted: int, acknowledged: int, message: str) -> None:
    assert audit(account, attempted, acknowledged) == message


@pytest.mark.parametrize(
    ("field", "promise", "why"),
    [
        ("mutual_exclusion", Promise.MUTUAL_EXCLUSION, "sessions have no acquire and release"),
        ("torn_reads", Promise.NO_TORN_READS, "nobody observes"),
        ("stale_reads", Promise.FRESH_READS, "nobody observes"),
    ],
)
def test_a_promise_that_was_not_checked_is_not_shown(field: str, promise: Promise, why: str) -> None:
    blind = replace(CLEAN, history=replace(CLEAN.history, **{field: None}))
    for accounts, counted in ((trials(blind, blind), "in any trial"), (trials(CLEAN, blind), "in 1 of 2 trials")):
        judged = judge(CASE, LOG_PROMISES | {promise}, accounts, CONTROL)
        assert judged.verdict is Verdict.INCONCLUSIVE
        assert judged.reasons[0].startswith(f"{promise} is promised and was not checked {counted}: {why}")
        assert judge(CASE, LOG_PROMISES, accounts, CONTROL).verdict is Verdict.SAFE
    torn = replace(blind, records=RecordCounts(100, 100, 99, interleaved=1))
    assert judge(CASE, LOG_PROMISES | {promise}, trials(torn), CONTROL).verdict is Verdict.UNSAFE


def test_one_file_per_writer_has_no_real_time_order_to_keep_but_it_is_nothing_to_promise_alone() -> None:
    apart = trials(replace(CLEAN, history=replace(CLEAN.history, real_time_order=None)))
    assert judge(CASE, LOG_PROMISES, apart, CONTROL).verdict is Verdict.SAFE
    judged = judge(CASE, {Promise.REAL_TIME_ORDER}, apart, CONTROL)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert (
        "real-time-order is promised and was not checked in any trial: each file is of one writer" in judged.reasons[0]
    )
