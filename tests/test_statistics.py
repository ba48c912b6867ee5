"""Intervals: against published values, and the laws that make them honest."""

import itertools
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import statistics
from harness.statistics import (
    holm,
    least_p,
    mann_whitney,
    mean_difference,
    median,
    median_ratio,
    proportion_interval,
    rate_interval,
    trials_needed,
)

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


# Hollander & Wolfe (1973), p. 69: permeability constants; R's wilcox.test gives p = 0.1272 one-sided
AT_TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLIER = [1.15, 0.88, 0.90, 0.74, 1.21]


def test_mann_whitney_as_published() -> None:
    assert mann_whitney(AT_TERM, EARLIER) == pytest.approx(2 * 0.1272, abs=1e-4)


def enumerated(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p of the rank sum, by trying every way to deal the values."""
    values = [*one, *other]
    ranks = [(sum(v < value for v in values) + sum(v <= value for v in values) + 1) / 2 for value in values]
    seen = sum(ranks[: len(one)])
    sums = [sum(dealt) for dealt in itertools.combinations(ranks, len(one))]
    at_least, at_most = sum(s >= seen for s in sums), sum(s <= seen for s in sums)
    return min(1.0, 2 * min(at_least, at_most) / len(sums))


SMALL = st.lists(st.integers(0, 4).map(float), min_size=2, max_size=5)


@settings(max_examples=30, deadline=None)
@given(SMALL, SMALL)
def test_mann_whitney_is_exact_for_few_values_ties_or_not(one: list[float], other: list[float]) -> None:
    if len({*one, *other}) > 1:
        assert mann_whitney(one, other) == pytest.approx(enumerated(one, other))


def test_mann_whitney_for_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = [float(n) for n in range(0, 60, 2)], [n + 9.0 for n in range(0, 60, 2)]
    exact = mann_whitney(one, other)
    monkeypatch.setattr(statistics, "MOST_FOR_EXACT", 10)
    assert mann_whitney(one, other) == pytest.approx(exact, rel=0.03)
    assert mann_whitney([0.0] * 40 + [1.0] * 20, [0.0] * 40 + [1.0] * 20) == 1.0


def test_where_no_data_could_show_anything_there_is_no_p() -> None:
    assert mann_whitney([], [1.0]) is None
    assert mann_whitney([0.0] * 5, [0.0] * 5) is None


@pytest.mark.parametrize(("trials", "p"), [(1, 1.0), (3, 0.1), (5, 2 / 252), (8, 2 / 12870)])
def test_the_least_p_is_that_of_sides_that_do_not_meet(trials: int, p: float) -> None:
    assert least_p(trials, trials) == pytest.approx(p)
    assert mann_whitney(range(trials), range(100, 100 + trials)) == pytest.approx(p)


def test_one_value_against_many_never_shows_more_than_it_can() -> None:
    assert mann_whitney([9.0], [1.0, 1.0, 2.0, 3.0]) == pytest.approx(2 / 5)


@pytest.mark.parametrize(("tests", "trials"), [(1, 4), (2, 5), (6, 5), (7, 6), (32, 7)])
def test_trials_needed(tests: int, trials: int) -> None:
    assert trials_needed(tests) == trials
    assert least_p(trials, trials) * tests <= 0.05 < least_p(trials - 1, trials - 1) * tests


def test_holm_as_published() -> None:
    # as p.adjust of R gives it
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    assert sorted(range(len(p_values)), key=lambda i: (p_values[i], adjusted[i])) == sorted(
        range(len(p_values)), key=lambda i: (adjusted[i], p_values[i])
    )


Estimate = Callable[[Sequence[float], Sequence[float]], tuple[float | None, tuple[float, float] | None]]


@pytest.mark.parametrize("estimate", [median_ratio, mean_difference])
def test_too_few_values_have_no_interval(estimate: Estimate) -> None:
    assert estimate([2.0, 2.5, 3.0], [1.0, 1.2, 1.5])[1] is None
    assert estimate([2.0, 2.5, 3.0, 3.5], [1.0, 1.2, 1.5, 1.6])[1] is not None


def test_a_ratio_needs_values_above_zero() -> None:
    assert median_ratio([0.0, 1.0, 2.0, 3.0], [1.0] * 4) == (None, None)
    assert median_ratio([], [1.0]) == (None, None)


def test_without_spread_there_is_nothing_to_resample() -> None:
    assert mean_difference([0.5] * 5, [0.0] * 5) == (0.5, None)


VALUES = st.lists(st.floats(0.1, 100), min_size=4, max_size=8)


@settings(max_examples=10, deadline=None)
@given(VALUES, VALUES, st.randoms(use_true_random=False))
def test_intervals_turn_round_with_their_sides_and_do_not_mind_the_order(
    one: list[float], other: list[float], chance: random.Random
) -> None:
    shuffled = chance.sample(one, len(one))
    ratio, bounds = median_ratio(one, other)
    assert median_ratio(shuffled, other) == (ratio, bounds)
    assert ratio is not None
    assert bounds is not None
    inverse = median_ratio(other, one)[1]
    assert inverse == pytest.approx((1 / bounds[1], 1 / bounds[0]))
    difference, interval = mean_difference(one, other)
    assert mean_difference(other, one)[0] == pytest.approx(-difference)
    if interval is not None:
        assert mean_difference(other, one)[1] == pytest.approx((-interval[1], -interval[0]))


SAMPLES = 150


@pytest.mark.parametrize("trials", [5, 12])
def test_intervals_hold_the_truth_about_as_often_as_they_say(trials: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 999)
    chance = random.Random(trials)
    ratio_held = difference_held = 0
    for _ in range(SAMPLES):
        one, base = ([chance.lognormvariate(0, 0.3) for _ in range(trials)] for _ in range(2))
        low, high = median_ratio([2 * value for value in one], base)[1] or (2.0, 2.0)
        ratio_held += low <= 2 <= high
        low, high = mean_difference([value + 1 for value in one], base)[1] or (1.0, 1.0)
        difference_held += low <= 1 <= high
    assert min(ratio_held, difference_held) >= 0.9 * SAMPLES
