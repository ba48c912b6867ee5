"""The gate's decisions: what passes, what does not, and with which exit code."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import baseline, gate, scenario
from harness.errors import ExitCode
from harness.gate import Decided, Decision, Status, Terms
from harness.model import Skip, Verdict
from tests import documents, laws
from tests.documents import SPEEDS, Row, control, result

GOOD = result(Row("locked"), control())
KEPT = baseline.of(GOOD)
BRING_BACK = "in the baseline, and not in this run: bring it back, or save the baseline again without it"


def statuses(decided: Decided) -> dict[str, Status]:
    return {one.name: one.status for one in decided.decisions}


def only(decided: Decided, status: Status) -> Decision:
    (found,) = [one for one in decided.decisions if one.status is status]
    return found


def times(factor: float) -> list[float]:
    return [speed / factor for speed in SPEEDS]


def test_planted_documents_are_what_runs_write() -> None:
    laws.check(GOOD)
    laws.check(result(Row("locked", torn_trials=2), control(torn_trials=0)))


def test_safe_and_a_control_that_corrupts_pass() -> None:
    decided = gate.decide(GOOD, Terms())
    assert statuses(decided) == {"mine/locked": Status.PASSED, "mine/split": Status.PASSED}
    assert decided.exit_code is ExitCode.AS_EXPECTED
    assert decided.failed == []


def test_damage_where_safe_was_expected() -> None:
    decided = gate.decide(result(Row("locked", torn_trials=2), control()), Terms())
    assert only(decided, Status.DAMAGE).reasons == ("intact broken 2 times, in 2 of 6 trials",)
    assert decided.exit_code is ExitCode.DAMAGE


def test_a_control_that_no_longer_corrupts_is_lost_and_nothing_is_shown() -> None:
    decided = gate.decide(result(Row("locked"), control(torn_trials=0)), Terms(KEPT))
    assert statuses(decided) == {"mine/locked": Status.INCONCLUSIVE, "mine/split": Status.LOST_CONTROL}
    assert "lost control: split corrupted 0 of 6 trials" in only(decided, Status.INCONCLUSIVE).reasons[0]
    assert "it was unsafe in the baseline" in only(decided, Status.LOST_CONTROL).reasons
    assert decided.exit_code is ExitCode.INCONCLUSIVE


def test_damage_is_graver_than_a_lost_control() -> None:
    document = result(Row("locked", torn_trials=1), Row("other"), control(torn_trials=0))
    decided = gate.decide(document, Terms())
    assert decided.exit_code is ExitCode.DAMAGE
    assert [one.status for one in decided.failed] == [Status.DAMAGE, Status.LOST_CONTROL, Status.INCONCLUSIVE]


def test_a_trial_that_was_not_checked_is_inconclusive() -> None:
    decided = gate.decide(result(Row("locked", error="it died"), control()), Terms())
    assert only(decided, Status.INCONCLUSIVE).reasons[0] == "trial 0 was not checked: it died"
    assert decided.exit_code is ExitCode.INCONCLUSIVE


SKIP = Skip("no redis server on this host", "install one")


def test_skipped_is_inconclusive_unless_allowed() -> None:
    document = result(Row("locked"), Row("queue", skip=SKIP), control())
    decided = gate.decide(document, Terms())
    assert only(decided, Status.SKIPPED).reasons == ("no redis server on this host. Install one",)
    assert decided.exit_code is ExitCode.INCONCLUSIVE
    assert gate.decide(document, Terms(allow_skipped=True)).exit_code is ExitCode.AS_EXPECTED


def test_skipping_all_safe_cases_is_never_green() -> None:
    document = result(Row("locked", skip=SKIP), control())
    decided = gate.decide(document, Terms(allow_skipped=True))
    assert decided.exit_code is ExitCode.INCONCLUSIVE
    assert decided.notes == ("nothing is shown: no case that is expected to be safe was run",)


def test_a_control_alone_shows_nothing_and_is_told_so() -> None:
    decided = gate.decide(result(control()), Terms())
    assert decided.exit_code is ExitCode.INCONCLUSIVE
    assert decided.notes == ("nothing is shown: no case that is expected to be safe was run",)


def test_nothing_at_all_is_never_green() -> None:
    assert Decided(()).exit_code is ExitCode.INCONCLUSIVE


def test_a_run_that_broke_off_shows_nothing_but_the_damage_it_saw() -> None:
    document = result(Row("locked"), Row("torn", torn_trials=1), control(), error="writer-1: killed")
    decided = gate.decide(document, Terms())
    assert statuses(decided) == {
        "mine/locked": Status.BROKEN_OFF, "mine/torn": Status.DAMAGE, "mine/split": Status.BROKEN_OFF,
    }  # fmt: skip
    assert "writer-1: killed" in decided.failed[1].reasons[0]


def test_a_run_that_did_not_start_is_inconclusive() -> None:
    nothing = result(replace(Row("locked"), speeds=()), control(speeds=()), engine=None, error="no engine")
    assert gate.decide(nothing, Terms(KEPT, 1.3)).exit_code is ExitCode.INCONCLUSIVE


def test_loss_against_the_baseline_names_what_changed() -> None:
    document = result(Row("locked", torn_trials=6, options={"lock": "private"}), control())
    decided = gate.decide(document, Terms(KEPT))
    assert only(decided, Status.DAMAGE).reasons == (
        "intact broken 6 times, in 6 of 6 trials",
        "it was safe in the baseline, as flock; now flock (lock=private)",
    )


def test_declaring_a_case_unsafe_does_not_hide_its_regression() -> None:
    document = result(Row("locked", expected="unsafe", control=None, torn_trials=6), Row("other"), control())
    assert only(gate.decide(document, Terms(KEPT)), Status.DAMAGE).name == "mine/locked"
    assert gate.decide(document, Terms()).exit_code is ExitCode.AS_EXPECTED


def test_a_case_gone_since_the_baseline_is_missing() -> None:
    kept = baseline.of(result(Row("locked"), Row("gone"), control()))
    decided = gate.decide(GOOD, Terms(kept))
    assert only(decided, Status.MISSING) == Decision("mine/gone", "volume", Verdict.SAFE, Status.MISSING, (BRING_BACK,))
    assert decided.exit_code is ExitCode.INCONCLUSIVE


def test_what_was_not_asked_for_is_not_missing_but_told() -> None:
    kept = baseline.of(result(Row("locked"), Row("other"), control()))
    decided = gate.decide(GOOD, Terms(kept, narrowed=True))
    assert decided.exit_code is ExitCode.AS_EXPECTED
    assert decided.notes == ("1 case of the baseline was not asked for",)


def test_another_scenario_of_the_baseline_is_missing_only_when_everything_was_meant() -> None:
    kept = baseline.of(result(Row("locked"), control(), scenario="theirs"))
    assert gate.decide(GOOD, Terms(kept)).exit_code is ExitCode.AS_EXPECTED
    assert gate.decide(GOOD, Terms(kept)).notes[0] == "2 cases of the baseline were not asked for"
    assert gate.decide(GOOD, Terms(kept, everything=True)).exit_code is ExitCode.INCONCLUSIVE


def test_a_new_case_is_judged_by_itself() -> None:
    decided = gate.decide(result(Row("locked"), Row("new"), control()), Terms(KEPT, 1.3))
    assert decided.exit_code is ExitCode.AS_EXPECTED
    assert decided.notes == ("not in the baseline, so only judged by themselves: mine/new",)


def test_a_planted_slowdown_fails_only_where_asked() -> None:
    slow = result(Row("locked", speeds=times(2.0)), control())
    assert gate.decide(slow, Terms(KEPT)).exit_code is ExitCode.AS_EXPECTED
    decided = gate.decide(slow, Terms(KEPT, 1.3))
    found = only(decided, Status.SLOWER)
    assert found.speed is not None
    assert found.speed.ratio == pytest.approx(2.0)
    assert 1.3 < found.speed.lower < 2.0
    assert found.reasons[0].endswith("; 1.3 is the limit")
    assert decided.exit_code is ExitCode.DAMAGE


def test_speed_gates_on_the_interval_and_not_on_the_point() -> None:
    wild = [100.0, 200.0, 300.0, 900.0, 1500.0, 3000.0]
    decided = gate.decide(result(Row("locked", speeds=wild), control()), Terms(KEPT, 1.3))
    speed = decided.decisions[0].speed
    assert speed is not None
    assert speed.ratio > 1.3 > speed.lower
    assert decided.exit_code is ExitCode.AS_EXPECTED


def test_faster_and_equal_pass() -> None:
    for factor in (0.5, 1.0):
        assert gate.decide(result(Row("locked", speeds=times(factor)), control()), Terms(KEPT, 1.0)).failed == []


def test_the_speed_of_controls_is_nobodys_concern() -> None:
    slow = result(Row("locked"), control(speeds=times(50)))
    assert gate.decide(slow, Terms(KEPT, 1.3)).exit_code is ExitCode.AS_EXPECTED


OTHER_GROUND: list[tuple[dict[str, Any], str]] = [
    ({"engine": replace(documents.ENGINE, kernel="6.1")}, "kernel 6.18 in the baseline, 6.1 now"),
    ({"engine": replace(documents.ENGINE, name="local")}, "engine docker in the baseline, local now"),
    ({"engine": replace(documents.ENGINE, cpus=64)}, "CPUs 2 in the baseline, 64 now"),
    ({"engine": replace(documents.ENGINE, filesystems={"volume": "xfs"})}, "file system ext4 in the baseline, xfs now"),
    ({"amplified": True}, "--amplify changes it"),
]


@pytest.mark.parametrize(("other", "why"), OTHER_GROUND)
def test_on_other_ground_correctness_gates_and_speed_is_refused(other: dict[str, Any], why: str) -> None:
    slow = result(Row("locked", speeds=times(50)), control(), **other)
    assert gate.decide(slow, Terms(KEPT)).exit_code is ExitCode.AS_EXPECTED
    decided = gate.decide(slow, Terms(KEPT, 1.3))
    assert only(decided, Status.SPEED_UNKNOWN).reasons == (f"speed is not compared: {why}",)
    assert decided.exit_code is ExitCode.INCONCLUSIVE
    torn = result(Row("locked", torn_trials=1), control(), **other)
    assert gate.decide(torn, Terms(KEPT, 1.3)).exit_code is ExitCode.DAMAGE


def test_another_workload_is_not_compared() -> None:
    decided = gate.decide(result(Row("locked", records=200), control()), Terms(KEPT, 1.3))
    assert "the number of writers or their workload" in only(decided, Status.SPEED_UNKNOWN).reasons[0]


def test_too_few_trials_to_tell_say_so() -> None:
    decided = gate.decide(result(Row("locked", speeds=times(50)[:3]), control()), Terms(KEPT, 1.3))
    assert only(decided, Status.SPEED_UNKNOWN).reasons == (
        "too few trials to tell a slowdown from chance: 6 in the baseline, 3 now; 4 each are the least (--trials)",
    )


def test_a_machine_that_is_slower_as_a_whole_is_suspected() -> None:
    names = ("a", "b", "c")
    kept = baseline.of(result(*(Row(name) for name in names), control()))
    slow = result(*(Row(name, speeds=times(1.5)) for name in names), control())
    (note,) = gate.decide(slow, Terms(kept, 1.3)).notes
    assert note.startswith("in the median of 3 cases a record took 1.50 times the baseline's time")


def test_only_safe_cases_and_their_controls_are_run() -> None:
    names = [case.name for case in gate.guarded(scenario.load("shared-append")).cases]
    assert names == ["single", "split", "python-text", "echo-short", "echo-long"]


def test_what_was_safe_in_the_baseline_is_run_whatever_is_expected_now() -> None:
    rows = [Row(name, control="stdio") for name in ("seek", "split")]
    kept = baseline.of(result(*rows, control("stdio"), scenario="shared-append"))
    also = gate.once_safe(kept, "shared-append")
    assert also == {"seek", "split"}
    assert "seek" in [case.name for case in gate.guarded(scenario.load("shared-append"), also).cases]
    assert gate.once_safe(kept, "shared") == set()


@given(st.lists(st.sampled_from(list(Status))), st.booleans())
def test_green_takes_a_safe_case_that_passed_and_nothing_else(found: list[Status], allow: bool) -> None:
    decided = Decided(tuple(Decision("m/c", "volume", Verdict.SAFE, one, ("r",)) for one in found), (), allow)
    counted = [one for one in found if not (allow and one is Status.SKIPPED)]
    if decided.exit_code is ExitCode.AS_EXPECTED:
        assert set(counted) == {Status.PASSED}
    assert (decided.exit_code is ExitCode.DAMAGE) == bool({Status.DAMAGE, Status.SLOWER} & set(counted))
