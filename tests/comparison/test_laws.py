"""What holds for every comparison: symmetry, order of trials, and how often chance alone shows a difference."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import comparison, statistics
from harness.comparison.model import Comparison, Trend
from tests.comparison.documents import Planted, measured

SPEEDS = st.lists(st.floats(1, 1e6), min_size=1, max_size=8)
LOSSES = st.lists(st.integers(0, 1000), max_size=8)
PLANTED = st.builds(Planted, name=st.just("log"), speeds=SPEEDS, lost=LOSSES)
OPPOSITE = {Trend.BETTER: Trend.WORSE, Trend.WORSE: Trend.BETTER, Trend.SAME: Trend.SAME}


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws hold for any number of resamples, and a small one is quick."""
    monkeypatch.setattr(statistics, "RESAMPLES", 99)


def compared(before: Planted, after: Planted) -> Comparison:
    return comparison.compare([measured("A", before), measured("B", after)])


@settings(max_examples=20, deadline=None)
@given(PLANTED, PLANTED)
def test_swapping_the_sides_swaps_what_is_found(one: Planted, other: Planted) -> None:
    there, back = compared(one, other).rows[1].changes, compared(other, one).rows[1].changes
    for metric, change in there.items():
        reverse = back[metric]
        assert reverse.trend is OPPOSITE[change.trend]
        assert reverse.p == pytest.approx(change.p)
        assert reverse.adjusted_p == pytest.approx(change.adjusted_p)
        assert (reverse.before, reverse.after) == (change.after, change.before)


@settings(max_examples=25, deadline=None)
@given(PLANTED, PLANTED, st.randoms(use_true_random=False))
def test_the_order_of_trials_does_not_matter(one: Planted, other: Planted, chance: random.Random) -> None:
    trials = list(zip(other.speeds, [*other.lost, *[0] * 8], strict=False))
    chance.shuffle(trials)
    shuffled = replace(other, speeds=[speed for speed, _ in trials], lost=[lost for _, lost in trials])
    assert compared(one, shuffled).rows[1].changes == compared(one, other).rows[1].changes


@settings(max_examples=25, deadline=None)
@given(PLANTED)
def test_a_run_does_not_differ_from_itself(one: Planted) -> None:
    found = compared(one, one)
    assert found.rows[1].changes
    for change in found.rows[1].changes.values():
        assert change.trend is Trend.SAME
        assert change.p in (None, 1.0)


@settings(max_examples=25, deadline=None)
@given(PLANTED, PLANTED)
def test_an_interval_holds_its_point(one: Planted, other: Planted) -> None:
    for change in compared(one, other).rows[1].changes.values():
        if change.interval is not None and change.effect is not None:
            low, high = change.interval
            assert low <= high
            assert math.isfinite(low)
            assert math.isfinite(high)


COMPARISONS = 250
LUCK = 4.0
"""standard deviations"""


@pytest.mark.parametrize("trials", [5, 12])
def test_chance_alone_shows_a_difference_in_no_more_comparisons_than_alpha(
    trials: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole comparisons of two cases, all metrics, damage in bursts, both sides drawn from the same machine."""
    monkeypatch.setattr(statistics, "LEAST_FOR_BOOTSTRAP", 10**9)
    chance = random.Random(20261101 + trials)
    names = ("a", "b")

    def drawn() -> list[Planted]:
        return [
            Planted(
                name,
                speeds=[chance.lognormvariate(5, 0.5) for _ in range(trials)],
                lost=[chance.randrange(200) if chance.random() < 0.4 else 0 for _ in range(trials)],
            )
            for name in names
        ]

    wrong = 0
    for _ in range(COMPARISONS):
        found = comparison.compare([measured("A", *drawn()), measured("B", *drawn())], alpha=0.2)
        wrong += any(one.trend is not Trend.SAME for row in found.rows for one in row.changes.values())
    assert wrong <= COMPARISONS * 0.2 + LUCK * math.sqrt(COMPARISONS * 0.2 * 0.8)
