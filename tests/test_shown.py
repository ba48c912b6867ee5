"""Results as typed objects: the same content as the document, and assertions that say what is wrong."""

import dataclasses

import pytest

from harness import shown
from harness.errors import ExitCode, UsageError
from harness.model import AnomalyKind, Skip, Verdict
from tests.documents import Row, control, result

DOCUMENT = result(Row("good"), Row("torn", torn_trials=2), control())
GOOD = shown.of(result(Row("good"), control()))


def test_the_objects_hold_what_the_document_holds() -> None:
    found = shown.of(DOCUMENT)
    torn = found.case("torn")
    assert (torn.name, torn.verdict, torn.expected) == ("mine/torn", Verdict.UNSAFE, Verdict.SAFE)
    assert not torn.as_expected
    assert torn.summary.damaged_records == 2
    assert torn.summary.trial_rate_interval is not None
    assert torn.trials[0].account is not None
    assert torn.trials[0].account.records.interleaved == 1
    assert torn.trials[0].account.anomalies[0].kind is AnomalyKind.INTERLEAVED
    assert torn.control is not None
    assert (torn.control.name, torn.control.damaged_trials) == ("split", 6)
    assert found.environment is not None
    assert (found.environment.name, found.environment.kernel, found.seed) == ("docker", "6.18", 7)
    assert found.exit_code is ExitCode.DAMAGE
    assert GOOD.exit_code is ExitCode.AS_EXPECTED


def test_nothing_of_a_case_is_left_out() -> None:
    cases = {one.name for one in dataclasses.fields(shown.CaseResult)}
    summaries = {one.name for one in dataclasses.fields(shown.Summary)}
    assert set(DOCUMENT["cases"][0]) - {"as_expected", "skipped"} == cases
    assert set(DOCUMENT["cases"][0]["summary"]) == summaries


def test_results_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        GOOD.seed = 8  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        GOOD.cases[0].verdict = Verdict.SAFE  # type: ignore[misc]


def test_safe_ok() -> None:
    GOOD.assert_safe()
    GOOD.assert_safe("good")
    GOOD.assert_safe("mine/good")
    GOOD.assert_unsafe()
    GOOD.assert_unsafe("split")
    GOOD.assert_as_expected()


def test_safe_bad_shows_the_table_and_the_first_anomalies() -> None:
    with pytest.raises(AssertionError) as raised:
        shown.of(DOCUMENT).assert_safe()
    told = str(raised.value)
    assert told.startswith("mine/torn: not shown to be safe\n\ncase ")
    assert "mine/torn: unsafe (expected safe): intact broken 2 times, in 2 of 6 trials" in told
    assert "interleaved writer 1 record 2 at offset 400 (200 bytes), with writer 3: two writes per record" in told
    assert "mine/good: safe" not in told
    assert "seed 7" in told
    assert "\x1b" not in told


def test_inconclusive_is_not_safe_and_says_why() -> None:
    lost = shown.of(result(Row("good"), control(torn_trials=0)))
    with pytest.raises(AssertionError, match="lost control: split corrupted 0 of 6 trials"):
        lost.assert_safe()
    with pytest.raises(AssertionError, match="mine/split: not shown to be unsafe"):
        lost.assert_unsafe()
    with pytest.raises(AssertionError, match="mine/good, mine/split: not as expected"):
        lost.assert_as_expected()


def test_skipped_is_not_safe_and_says_why() -> None:
    skipped = shown.of(result(Row("queue", skip=Skip("no redis server", "install one")), control()))
    with pytest.raises(AssertionError, match=r"no redis server\. Install one"):
        skipped.assert_safe()


def test_cases_that_were_asked_for_are_the_ones_that_count() -> None:
    asked = shown.of(DOCUMENT, ["good"])
    asked.assert_safe()
    with pytest.raises(AssertionError, match="mine/good: not shown to be unsafe"):
        asked.assert_unsafe()
    with pytest.raises(AssertionError, match="mine/split: not shown to be safe"):
        shown.of(DOCUMENT, ["split"]).assert_safe()


def test_no_case_that_is_meant_is_no_success() -> None:
    traps = shown.of(result(control()))
    with pytest.raises(AssertionError, match="no case is expected to be safe: name the one that is meant"):
        traps.assert_safe()


def test_a_case_is_found_by_its_name_and_storage() -> None:
    both = shown.of(result(Row("good"), Row("good", storage="tmpfs"), control()))
    assert both.case("good", "tmpfs").storage == "tmpfs"
    with pytest.raises(UsageError, match="mine/good on volume, mine/good on tmpfs"):
        both.case("good")
    with pytest.raises(UsageError, match=r"no case 'god' was run\. There are: mine/good"):
        both.assert_safe("god")


def test_as_text_it_is_what_run_prints() -> None:
    assert "mine/good" in str(GOOD)
    assert "docker engine 20.10 · Linux 6.18" in str(GOOD)
