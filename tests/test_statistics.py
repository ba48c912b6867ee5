"""Intervals: against published values, and the laws that make them honest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics import median, proportion_interval, rate_interval

# Clopper & Pearson intervals as R's binom.test prints them
PUBLISHED = [
    (0, 30, 0.0, 0.1157033),
    (1, 20, 0.001265089, 0.2487328),
    (4, 10, 0.1215523, 0.7376219),
    (19, 20, 0.7512672, 0.9987349),
    (5, 5, 0.4781762, 1.0),
]


@pytest.mark.parametrize(("hits", "trials", "low", "high"), PUBLISHED)
def test_published_intervals(hits: int, trials: int, low: float, high: float) -> None:
    assert proportion_interval(hits, trials) == pytest.approx((low, high), rel=1e-5)


@given(st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_point(case: tuple[int, int]) -> None:
    hits, trials = case
    low, high = proportion_interval(hits, trials)
    assert 0 <= low <= (hits / trials if trials else 0.5) <= high <= 1


def test_no_damage_still_has_an_upper_bound() -> None:
    assert rate_interval([0] * 30, [100] * 30) == pytest.approx((0.0, 0.1157033), rel=1e-5)
    assert rate_interval([0], [100])[1] == pytest.approx(0.975)


def test_one_damaged_trial_tells_nothing_of_the_spread() -> None:
    assert rate_interval([40], [100]) == (0.0, 1.0)


def test_student_interval() -> None:
    # mean 0.3, s = 0.1, n = 3: t(0.975, 2) = 4.302653
    assert rate_interval([200, 300, 400], [1000] * 3) == pytest.approx(
        (0.3 - 4.302653 * 0.1 / 3**0.5, 0.3 + 4.302653 * 0.1 / 3**0.5)
    )


def test_trials_that_agree_are_no_certainty() -> None:
    # 5 of 10 000 records, one in each of 5 trials: R's binom.test(5, 10000)
    assert rate_interval([1] * 5, [2000] * 5) == pytest.approx((0.0001623657, 0.0011664752), rel=1e-3)


COUNTS = st.integers(1, 1000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(COUNTS, min_size=1, max_size=50))
def test_a_rate_interval_stays_within_bounds(trials: list[tuple[int, int]]) -> None:
    low, high = rate_interval([bad for bad, _ in trials], [all_ for _, all_ in trials])
    assert 0 <= low <= high <= 1


def test_the_median_of_nothing() -> None:
    assert median([]) == 0
    assert median([3, 1, 2]) == 2
