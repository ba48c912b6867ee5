"""What a comparison says of planted changes: numbers exact, in pairs of -ok and -bad."""

from dataclasses import replace

import pytest

from harness import comparison
from harness.comparison import exit_code, matching
from harness.comparison.model import Comparison, Kind, Metric, Row, Trend
from harness.errors import ExitCode
from harness.model import Verdict, Workload
from tests import laws
from tests.comparison.documents import CONTROL, INFO, QUIET_CONTROL, SLOW, STEADY, Planted, document, measured

LOG = Planted("log")
COSTLY = Planted("costly", speeds=SLOW)


def against(before: Planted, after: Planted) -> Row:
    """How a case went, with a control that corrupts on both sides."""
    return last(comparison.compare([measured("A", before, CONTROL), measured("B", after, CONTROL, run_id="two")]))


def last(compared: Comparison) -> Row:
    (row,) = [row for row in compared.rows if row.reference and row.case.name == "mine/log"]
    return row


def test_the_planted_documents_are_real_ones() -> None:
    laws.check(document(LOG, CONTROL))


def test_nothing_changed_ok() -> None:
    row = against(LOG, LOG)
    assert {change.trend for change in row.changes.values()} == {Trend.SAME}
    assert row.changes[Metric.RECORDS_PER_SECOND].effect == 0
    assert not row.lost_control
    assert not row.unlike
    assert not row.altered


def test_a_slowdown_bad() -> None:
    row = against(LOG, replace(LOG, speeds=SLOW))
    speed, p50 = row.changes[Metric.RECORDS_PER_SECOND], row.changes[Metric.P50_US]
    assert (speed.before, speed.after, speed.effect, speed.trend) == (103.5, 51.75, -0.5, Trend.WORSE)
    assert speed.interval is not None
    assert speed.interval[0] < -0.5 < speed.interval[1] < -0.45
    # 3 tests for the case (it has no damage), 3 for its control; the least p of 8 against 8 is 2 / C(16, 8)
    assert speed.p == pytest.approx(2 / 12870)
    assert speed.adjusted_p == pytest.approx(6 * 2 / 12870)
    assert p50.trend is Trend.WORSE
    assert p50.effect == pytest.approx(1.0, abs=0.01)
    assert row.changes[Metric.DAMAGE_RATE].p is None


def test_a_speed_up_ok() -> None:
    row = against(replace(LOG, speeds=SLOW), LOG)
    assert row.changes[Metric.RECORDS_PER_SECOND].effect == 1.0
    assert row.changes[Metric.RECORDS_PER_SECOND].trend is Trend.BETTER
    assert row.changes[Metric.P99_US].trend is Trend.BETTER


def test_a_loss_bad() -> None:
    row = against(LOG, replace(LOG, lost=(10, 20, 30, 40, 50, 60, 70, 80)))
    damage = row.changes[Metric.DAMAGE_RATE]
    assert (row.reference.verdict if row.reference else None, row.case.verdict) == (Verdict.SAFE, Verdict.UNSAFE)
    assert row.case.damaged_trials == 8
    assert (damage.before, damage.trend) == (0.0, Trend.WORSE)
    assert damage.after == pytest.approx(0.045)
    assert damage.interval is not None
    assert 0 < damage.interval[0] < 0.045 < damage.interval[1] < 0.1
    assert damage.p == pytest.approx(2 / 12870)


def test_damage_that_went_ok() -> None:
    row = against(replace(LOG, lost=(50,) * 8), LOG)
    assert row.changes[Metric.DAMAGE_RATE].effect == pytest.approx(-0.05)
    assert row.changes[Metric.DAMAGE_RATE].trend is Trend.BETTER


def test_a_lost_control_is_told_of_it_and_of_all_that_need_it() -> None:
    compared = comparison.compare([measured("A", LOG, CONTROL), measured("B", LOG, QUIET_CONTROL, run_id="two")])
    assert [row.lost_control for row in compared.rows if row.reference] == [True, True]
    assert [row.case.verdict for row in compared.rows if row.reference] == [Verdict.INCONCLUSIVE] * 2
    assert exit_code(compared) is ExitCode.INCONCLUSIVE


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (LOG, ExitCode.AS_EXPECTED),
        (replace(LOG, speeds=SLOW), ExitCode.DAMAGE),
        (replace(LOG, lost=(1,)), ExitCode.DAMAGE),
        (replace(LOG, writers=1), ExitCode.INCONCLUSIVE),
    ],
)
def test_the_exit_code_that_can_be_asked_for(after: Planted, code: ExitCode) -> None:
    compared = comparison.compare([measured("A", LOG, CONTROL), measured("B", after, CONTROL)])
    assert exit_code(compared) is code


def test_a_control_that_corrupts_more_is_no_regression() -> None:
    runs = [measured("A", LOG, replace(CONTROL, lost=range(8))), measured("B", LOG, CONTROL)]
    compared = comparison.compare(runs)
    assert compared.rows[3].changes[Metric.DAMAGE_RATE].trend is Trend.WORSE
    assert exit_code(compared) is ExitCode.AS_EXPECTED


def test_a_run_that_was_worse_before_is_no_regression() -> None:
    compared = comparison.compare([measured("A", replace(LOG, lost=(9,)), CONTROL), measured("B", LOG, CONTROL)])
    assert exit_code(compared) is ExitCode.AS_EXPECTED


def test_three_trials_are_too_few_and_it_says_how_many_it_needs() -> None:
    few = replace(LOG, speeds=STEADY[:3])
    alone = [measured(label, replace(few, speeds=speeds)) for label, speeds in (("A", STEADY[:3]), ("B", SLOW[:3]))]
    compared = comparison.compare(alone)
    change = last(compared).changes[Metric.RECORDS_PER_SECOND]
    assert change.p == pytest.approx(0.1)
    assert change.trend is Trend.SAME
    assert change.too_few
    assert change.interval is None
    assert compared.tests == 3
    assert compared.needs_trials == 5  # 2 / C(10, 5) = 0.0079 <= 0.05 / 3 < 2 / C(8, 4) = 0.029


def test_what_differs_is_listed() -> None:
    more = replace(LOG, writers=16, workload=Workload(records=5000, record_bytes_min=100, record_bytes_max=300))
    other = replace(more, strategy="seek", options={})
    row = against(LOG, other)
    assert [(one.what, one.before, one.after) for one in row.unlike] == [
        ("writers", 8, 16),
        ("workload.records", 125, 5000),
        ("workload.record_bytes_min", 200, 100),
        ("workload.record_bytes_max", 200, 300),
    ]
    assert ("strategy", "append", "seek") in [(one.what, one.before, one.after) for one in row.altered]


def test_surroundings_that_differ_are_listed() -> None:
    elsewhere = replace(INFO, kernel="6.18", cpus=2, filesystems={"volume": "xfs"})
    compared = comparison.compare([measured("A", LOG), measured("B", LOG, info=elsewhere)])
    assert [(one.what, one.before, one.after) for one in compared.unlike["B"]] == [
        ("kernel", "6.1", "6.18"),
        ("cpus", 4, 2),
        ("filesystem.volume", "ext4", "xfs"),
    ]


def test_a_key_that_this_version_does_not_know_is_held_against_the_other_side_too() -> None:
    amplified = document(LOG)
    amplified["run"]["amplified"] = True
    amplified["cases"][0]["pace"] = {"us": 5}
    compared = comparison.compare([measured("A", LOG), comparison.measured(amplified, "B", "b")])
    assert [(one.what, one.before, one.after) for one in compared.unlike["B"]] == [("amplified", False, True)]
    assert [(one.what, one.after) for one in last(compared).unlike] == [("pace.us", 5)]


def test_one_run_is_strategies_side_by_side_with_their_cost() -> None:
    compared = comparison.compare([measured("A", LOG, COSTLY, CONTROL)])
    assert compared.kind is Kind.STRATEGIES
    cost = [row.cost for row in compared.rows]
    assert cost[0] is not None
    assert (cost[0].ratio, cost[0].interval) == (1.0, None)
    assert cost[1] is not None
    assert cost[1].interval is not None
    assert cost[1].ratio == 2.0
    assert 1.9 < cost[1].interval[0] <= 2.0 <= cost[1].interval[1] < 2.1


def test_the_cost_of_one_case_is_still_relative_to_a_baseline_that_is_not_shown() -> None:
    compared = comparison.compare([comparison.only(measured("A", LOG, COSTLY), ["costly"])])
    assert [(row.case.name, row.cost.ratio if row.cost else None) for row in compared.rows] == [("mine/costly", 2.0)]


def test_records_of_another_size_have_no_cost() -> None:
    large = replace(COSTLY, workload=Workload(125, 5000, 5000))
    assert comparison.compare([measured("A", LOG, large)]).rows[1].cost is None


def test_runs_without_a_case_in_common_stand_side_by_side() -> None:
    compared = comparison.compare([measured("A", LOG), measured("B", COSTLY, scenario="yours")])
    assert compared.kind is Kind.STRATEGIES
    assert [(row.run, row.case.name) for row in compared.rows] == [("A", "mine/log"), ("B", "yours/costly")]


def test_two_versions_of_a_scenario_are_matched_by_what_follows_the_slash() -> None:
    compared = comparison.compare([measured("A", LOG, scenario="before"), measured("B", LOG, scenario="after")])
    assert compared.kind is Kind.RUNS
    assert [row.case.name for row in compared.rows] == ["before/log", "after/log"]


def test_cases_that_only_one_run_has_are_named() -> None:
    compared = comparison.compare([measured("A", LOG, COSTLY), measured("B", LOG, CONTROL)])
    assert compared.unmatched == {"A": ("mine/costly",), "B": ("mine/control",)}
    assert [row.case.name for row in compared.rows] == ["mine/log", "mine/log"]


def test_a_case_on_two_storages_is_two_and_on_one_each_the_same() -> None:
    tmpfs = replace(LOG, storage="tmpfs")
    both, one = measured("A", LOG, tmpfs), measured("B", tmpfs)
    assert set(matching.match([both, one]).common) == {("log", "tmpfs")}
    alone = comparison.compare([measured("A", LOG), one])
    assert [(found.what, found.before, found.after) for found in last(alone).unlike] == [("storage", "volume", "tmpfs")]


def test_each_of_three_runs_is_held_against_the_first() -> None:
    runs = [
        measured(label, replace(LOG, speeds=speeds)) for label, speeds in (("A", STEADY), ("B", SLOW), ("C", STEADY))
    ]
    trends = [row.changes[Metric.RECORDS_PER_SECOND].trend for row in comparison.compare(runs).rows if row.reference]
    assert trends == [Trend.WORSE, Trend.SAME]


def test_a_run_without_trials_compares_nothing_and_breaks_nothing() -> None:
    row = against(LOG, replace(LOG, speeds=()))
    assert row.changes == {}
    assert row.case.damage_rate is None
    assert row.case.verdict is Verdict.INCONCLUSIVE
