"""A comparison in each of its formats: the same findings, read back by real readers."""

import csv
import io
import json
from dataclasses import replace

import click
import pytest

from harness import comparison
from harness.comparison.model import Comparison
from harness.report import (
    comparison_csv,
    comparison_findings,
    comparison_json,
    comparison_markdown,
    comparison_table,
)
from tests.comparison.documents import CONTROL, INFO, QUIET_CONTROL, SLOW, STEADY, Planted, measured

LOG = Planted("log")
LOSING = replace(LOG, lost=(10, 20, 30, 40, 50, 60, 70, 80))


def compared(before: list[Planted], after: list[Planted], **more: object) -> Comparison:
    return comparison.compare([measured("A", *before), measured("B", *after, run_id="two", **more)])


def findings(found: Comparison) -> list[str]:
    return [click.unstyle(line) for line in comparison_findings.findings(found)]


def test_the_table_says_what_changed_from_what_to_what() -> None:
    after = [replace(LOSING, speeds=SLOW), CONTROL]
    lines = click.unstyle(comparison_table.render(compared([LOG, CONTROL], after))).splitlines()
    assert lines[0] == "A: results/A · 2026-11-01T00:00:00+00:00 · docker engine · seed 7"
    (row,) = [line for line in lines if "safe → unsafe" in line and line.startswith(" ")]
    assert "+4.5 points" in row
    assert "-50.0%" in row
    assert "8/8" in row
    assert sum(line.startswith("mine/log  ") for line in lines) == 1


def test_a_verdict_that_changed_comes_first() -> None:
    after = [replace(LOSING, speeds=SLOW), CONTROL]
    first, second, *_ = findings(compared([LOG, CONTROL], after, info=replace(INFO, kernel="6.18")))
    assert first.startswith("mine/log, run B: VERDICT CHANGED: safe → unsafe: no-loss broken 360 times, in 8 of 8")
    assert second == "warning: A and B ran in unlike surroundings: kernel 6.1 → 6.18"


def test_nothing_changed_is_all_that_is_said() -> None:
    (line,) = findings(compared([LOG], [LOG]))
    assert line == (
        "verdicts changed: 0, cases worse: 0, better: 0, of 1 compared. ~ is what chance could make "
        "(Mann-Whitney over trials, Holm over 3 tests, 5%)"
    )


def test_a_slowdown_is_told_with_its_interval_and_p() -> None:
    (line, _) = findings(compared([LOG], [replace(LOG, speeds=SLOW)]))
    assert line.startswith("mine/log, run B: worse: records/s -50.0% [-51.")
    assert "p50 +100% [+93" in line
    assert "(p = 0.00047)" in line


def test_a_lost_control_is_told() -> None:
    told = findings(compared([LOG, CONTROL], [LOG, QUIET_CONTROL]))
    assert any("mine/log, run B: LOST CONTROL: control corrupted 0 of 8 trials" in line for line in told)
    assert any("mine/log, run B: VERDICT CHANGED: safe → inconclusive: lost control" in line for line in told)
    assert any("mine/control, run B: LOST CONTROL: it did corrupt, and did not this time" in line for line in told)


def test_an_unlike_load_is_told() -> None:
    told = findings(compared([LOG], [replace(LOG, writers=4)]))
    assert told[0] == ("warning: mine/log, run B: unlike load, which alone can change the numbers: writers 8 → 4")


def test_another_pattern_is_told() -> None:
    told = findings(compared([LOG], [replace(LOG, options={"writes": 2})]))
    assert any(line.startswith("mine/log, run B: another pattern: options.writes none → 2") for line in told)


def test_too_few_trials_are_told_with_what_it_takes() -> None:
    told = findings(compared([replace(LOG, speeds=STEADY[:3])], [replace(LOG, speeds=SLOW[:3])]))
    assert told[0] == (
        "note: too few trials to tell: 3 against 3 can give p = 0.1 at best, 3 tests corrected together; "
        "needs >= 5 trials each (--trials 5), or fewer cases (--case)"
    )


def test_when_all_cases_go_one_way_the_machine_is_suspected() -> None:
    before = [replace(LOG, name=name) for name in ("one", "two", "three")]
    told = findings(compared(before, [replace(case, speeds=SLOW) for case in before]))
    assert "warning: all 3 cases of B are slower: perhaps the machine was" in told
    assert not any("perhaps" in line for line in findings(compared(before, before)))


def test_a_run_against_itself_and_a_run_that_stopped_are_told() -> None:
    stopped = measured("A", LOG, error="interrupted")
    text = comparison_table.render(comparison.compare([stopped, replace(stopped, label="B")]))
    assert "STOPPED EARLY: interrupted" in text
    assert "note: A and B are the same run" in text


def test_no_containers_is_told() -> None:
    local = comparison.compare([measured("A", LOG, info=replace(INFO, name="local"))])
    assert "NO CONTAINERS: local engine" in comparison_table.render(local)


def test_json_holds_every_number() -> None:
    document = json.loads(comparison_json.render(compared([LOG], [replace(LOG, speeds=SLOW)])))
    assert document["comparison"] == "runs"
    assert document["tests"] == 3
    before, after = document["rows"]
    assert before["changes"] == {}
    assert after["changes"]["records_per_second"]["effect"] == -0.5
    assert after["changes"]["records_per_second"]["trend"] == "worse"
    assert after["samples"]["records_per_second"] == list(SLOW)
    assert (after["verdict_before"], after["verdict"]) == ("inconclusive", "inconclusive")


def test_csv_is_read_back_by_its_own_reader() -> None:
    text = comparison_csv.render(compared([LOG, CONTROL], [LOSING, CONTROL]))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(comparison_csv.HEADERS) == len(set(comparison_csv.HEADERS))
    assert [(row["case"], row["run"], row["verdict"]) for row in rows] == [
        ("mine/log", "A", "safe"),
        ("mine/log", "B", "unsafe"),
        ("mine/control", "A", "unsafe"),
        ("mine/control", "B", "unsafe"),
    ]
    assert float(rows[1]["damage_rate_change"]) == pytest.approx(0.045)
    assert (rows[1]["damage_rate_trend"], rows[1]["records_per_second_trend"]) == ("worse", "~")
    assert all(None not in row for row in rows)


def test_csv_of_strategies_has_their_cost() -> None:
    text = comparison_csv.render(comparison.compare([measured("A", LOG, Planted("costly", speeds=SLOW))]))
    assert [float(row["relative_cost"]) for row in csv.DictReader(io.StringIO(text))] == [1.0, 2.0]


def test_markdown_has_one_line_per_row_and_no_markup_from_names() -> None:
    run = measured("A", LOG)
    named = replace(run, cases=(replace(run.cases[0], name="mine/a|b<script>*"),))
    lines = comparison_markdown.render(comparison.compare([named])).splitlines()
    (row,) = [line for line in lines if "script" in line]
    assert row.startswith("| mine/a\\|b\\<script\\>\\* ")
    assert lines[2].startswith("| case")
    assert lines[2].count("|") == lines[3].count("|")
