"""The plan: pure, seeded, interleaved; overrides and named cases."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import plan, scenario
from harness.errors import UsageError
from harness.plan import Overrides

SHARED = scenario.load("shared-append")
LOCKED = scenario.load("locked")


@given(st.integers(0, 2**32), st.integers(1, 7))
def test_every_case_gets_its_trials_round_by_round(seed: int, trials: int) -> None:
    cases = plan.select([SHARED, LOCKED], Overrides())
    made = plan.make(cases, trials, seed)
    assert Counter(trial.case.full_name for trial in made) == {case.full_name: trials for case in cases}
    rounds = [trial.index for trial in made]
    assert rounds == sorted(rounds)
    assert len({trial.directory for trial in made}) == len(made)


def test_the_same_seed_makes_the_same_plan_and_another_does_not() -> None:
    cases = plan.select([SHARED], Overrides())
    assert plan.make(cases, 3, 1) == plan.make(cases, 3, 1)
    assert plan.make(cases, 3, 1) != plan.make(cases, 3, 2)
    assert len({trial.seed for trial in plan.make(cases, 3, 1)}) == 3 * len(cases)


def test_a_named_case_brings_its_control() -> None:
    cases = plan.select([LOCKED], Overrides(cases=("flock",)))
    assert [case.name for case in cases] == ["flock", "private-lock"]
    assert [case.name for case in plan.select([LOCKED], Overrides(cases=("mixed",)))] == ["mixed"]


def test_overrides_apply_to_all_but_a_size_that_makes_the_case() -> None:
    cases = plan.select([SHARED], Overrides(writers=3, records=7, record_bytes=(64, 128)))
    by_name = {case.name: case for case in cases}
    assert {case.writers for case in cases} == {3}
    assert {case.workload.records for case in cases} == {7}
    assert by_name["single"].workload.record_bytes_max == 128
    assert by_name["echo-long"].workload.record_bytes_max == 5000


def test_a_number_of_writers_that_makes_the_case_stays() -> None:
    reload = scenario.load("config-reload")
    assert {case.writers for case in plan.select([reload], Overrides(writers=8))} == {1}


def test_each_storage_gets_all_cases() -> None:
    cases = plan.select([SHARED], Overrides(storages=("volume", "tmpfs")))
    assert Counter(case.storage for case in cases) == {"volume": len(SHARED.cases), "tmpfs": len(SHARED.cases)}


def test_a_duration_sets_the_room_for_records() -> None:
    (case,) = plan.select([SHARED], Overrides(duration_s=2.0, cases=("split",)))
    assert case.workload.duration_s == 2.0
    assert case.workload.records == 200_001
    (case,) = plan.select([SHARED], Overrides(duration_s=2.0, records=10, cases=("split",)))
    assert case.workload.records == 10


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(writers=0),
        Overrides(writers=257),
        Overrides(records=0),
        Overrides(record_bytes=(31, 31)),
        Overrides(record_bytes=(300, 200)),
        Overrides(duration_s=0.0),
        Overrides(storages=("nfs",)),
        Overrides(cases=("nothing",)),
    ],
)
def test_impossible_values_are_refused(overrides: Overrides) -> None:
    with pytest.raises(UsageError):
        plan.select([SHARED], overrides)


def test_impossible_trials_are_refused() -> None:
    with pytest.raises(UsageError):
        plan.trials_of([SHARED], Overrides(trials=0))
    assert plan.trials_of([SHARED], Overrides(trials=9)) == 9
    assert plan.trials_of([SHARED], Overrides()) == 5


def admitted(limit_s: float | None, round_s: list[float]) -> int:
    """Trials that run, of rounds of two trials that take so long."""
    cases = plan.select([SHARED], Overrides(cases=("single",)))
    rounds, now_s, count = plan.Rounds(limit_s, 100.0), 100.0, 0
    for trial in plan.make(cases, len(round_s), 1):
        if not rounds.admit(trial, now_s):
            break
        now_s += round_s[trial.index] / len(cases)
        count += 1
    return count


@pytest.mark.parametrize(
    ("limit_s", "round_s", "trials"),
    [
        (None, [9.0, 9.0, 9.0], 6),
        (30.0, [9.0, 9.0, 9.0], 6),
        (26.0, [9.0, 9.0, 9.0], 4),
        (1.0, [9.0, 9.0, 9.0], 2),
        (20.0, [4.0, 9.0, 1.0, 1.0], 4),
        (22.0, [4.0, 9.0, 1.0, 1.0], 6),
    ],
)
def test_rounds_are_whole_and_none_is_begun_that_would_end_too_late(
    limit_s: float | None, round_s: list[float], trials: int
) -> None:
    assert admitted(limit_s, round_s) == trials
