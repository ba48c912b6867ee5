"""Documents as measured: counted anew, and harmless whoever wrote them."""

from dataclasses import replace

import pytest

from harness import comparison
from harness.comparison.model import Metric
from harness.errors import UsageError
from tests.comparison.documents import CONTROL, Planted, document, measured

LOG = Planted("log", lost=(10, 0, 30))


def test_the_numbers_are_those_of_the_documents_own_summary() -> None:
    written = document(LOG, CONTROL)
    for case, row in zip(written["cases"], comparison.measured(written, "A", "a").cases, strict=True):
        summary = case["summary"]
        assert row.damage_rate == summary["damage_rate"]
        assert list(row.damage_interval) == summary["damage_rate_interval"]
        assert (row.damaged_trials, row.trials) == (summary["damaged_trials"], summary["trials"])


def test_the_trial_is_the_unit() -> None:
    (case,) = measured("A", LOG).cases
    assert case.samples[Metric.DAMAGE_RATE] == (0.01, 0.0, 0.03, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert len(case.samples[Metric.P99_US]) == 8


def test_trials_that_were_not_checked_are_left_out() -> None:
    written = document(LOG)
    written["cases"][0]["trials"][0] = {"seed": 0, "error": "sums differ", "rejected": 0, "restarts": 0}
    (case,) = comparison.measured(written, "A", "a").cases
    assert case.trials == 7
    assert case.samples[Metric.DAMAGE_RATE][:2] == (0.0, 0.03)


def test_only_the_cases_asked_for() -> None:
    run = measured("A", LOG, replace(LOG, name="line"), CONTROL)
    assert [case.name for case in comparison.only(run, ["line", "mine/log"]).cases] == ["mine/log", "mine/line"]
    with pytest.raises(UsageError, match=r"no case 'lin'. Did you mean 'line'"):
        comparison.only(run, ["lin"])
    with pytest.raises(UsageError, match=r"There are: mine/log, mine/line, mine/control"):
        comparison.only(run, ["?"])


def test_only_the_scenario_asked_for() -> None:
    written = document(LOG)
    assert comparison.measured(written, "A", "a", "mine").cases
    with pytest.raises(UsageError, match="a holds no case of scenario yours"):
        comparison.measured(written, "A", "a", "yours")


def test_nothing_in_a_file_steers_a_terminal() -> None:
    written = document(LOG)
    written["cases"][0]["name"] = "mine/\x1b[2Jlog\n"
    written["run"]["error"] = "\x07"
    written["environment"]["kernel"] = "6.1\x1b]0;"
    run = comparison.measured(written, "A", "a")
    assert run.cases[0].name == "mine/\ufffd[2Jlog\ufffd"
    assert run.error == "\ufffd"
    assert run.setting["kernel"] == "6.1\ufffd]0;"
