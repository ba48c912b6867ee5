"""Baselines: what is kept, that it survives its file, and what a file that is none is told."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import baseline
from harness.errors import UsageError
from tests.documents import Row, control, result

DOCUMENT = result(Row("locked", options={"lock": "private"}, speeds=(123456.7, 0.123456)), Row("a"), control())


def test_what_is_kept_survives_its_file(tmp_path: Path) -> None:
    kept = baseline.of(DOCUMENT)
    file = tmp_path / "base.json"
    file.write_text(baseline.text(kept))
    assert baseline.load(file) == kept
    assert kept.cases["mine/locked", "volume"].records_per_second == (123500.0, 0.1235)
    assert kept.cases["mine/split", "volume"].verdict == "unsafe"


def test_a_diff_shows_the_case_that_changed() -> None:
    before = baseline.text(baseline.of(DOCUMENT)).splitlines()
    after = baseline.text(baseline.of(result(Row("a", speeds=(7.0,)), Row("locked"), control()))).splitlines()
    rows = [line for line in before if line.startswith("  {")]
    assert [json.loads(line.rstrip(","))["name"] for line in rows] == ["mine/a", "mine/locked", "mine/split"]
    assert len(before) == len(after)
    assert len(set(after) - set(before)) == 2


def test_a_result_serves_as_a_baseline(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(json.dumps(DOCUMENT))
    assert baseline.load(tmp_path) == baseline.load(tmp_path / "result.json") == baseline.of(DOCUMENT)


def edited(**changes: Any) -> str:
    return json.dumps({**json.loads(baseline.text(baseline.of(DOCUMENT))), **changes})


WORKLOAD = {"records": 1, "record_bytes_min": 1, "record_bytes_max": 1, "duration_s": None}
ROW = {"name": "m/c", "storage": "volume", "verdict": "safe", "strategy": "s", "options": {}, "writers": 1,
       "workload": WORKLOAD, "records_per_second": [1]}  # fmt: skip
BAD = [
    ("", "cannot read the baseline"),
    ("[]", "is no baseline"),
    ("{}", "is neither a baseline nor a result of this version"),
    ("[" * 100_000, "cannot read the baseline"),
    (edited(schema_version=2), "$.schema_version: 1 was expected"),
    (edited(cases=[{}]), "$.cases[0]: 'name' is a required property"),
    (edited(cases=[{**ROW, "extra": 1}]), "('extra' was unexpected)"),
    (edited(cases=[{**ROW, "verdict": "good"}]), "$.cases[0].verdict: 'good' is not one of"),
    (edited(cases=[{**ROW, "records_per_second": [-1]}]), "-1 is less than or equal to the minimum of 0"),
    (edited(cases=[{**ROW, "records_per_second": [10**400]}]), "is no number that can be computed with"),
    (edited(cases=[{**ROW, "name": "a/b\n::error::c"}]), "$.cases[0].name: "),
    (edited(cases=[{**ROW, "name": 5}]), "$.cases[0].name: 5 is not of type 'string'"),
    (edited(cases=[{**ROW, "options": [1]}]), "$.cases[0].options: [1] is not of type 'object'"),
    (edited(cases=[{**ROW, "storage": "\x1b[31m"}]), "$.cases[0].storage: "),
    (edited(cases=[]), "$.cases: [] should be non-empty"),
    (edited(cases=None), "$.cases: None is not of type 'array'"),
    (edited(environment=1), "$.environment: 1 is not of type 'object'"),
    (edited(environment={"filesystem": 7}), "$.environment.filesystem: 7 is not of type 'object'"),
    (json.dumps({**DOCUMENT, "cases": [{}]}), "is no result of this version: $.cases[0]: "),
    (json.dumps({**DOCUMENT, "environment": None}), "$.environment: None is not of type 'object'"),
    (json.dumps({**DOCUMENT, "schema_version": 2}), "is neither a baseline nor a result of this version"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_file_that_is_none_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "base.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"base\.json") as raised:
        baseline.load(file)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_case_makes_it_crash(tmp_path_factory: pytest.TempPathFactory, case: Any) -> None:
    file = tmp_path_factory.mktemp("any") / "base.json"
    file.write_text(edited(cases=[{**ROW, **(case if isinstance(case, dict) else {"workload": case})}]))
    with contextlib.suppress(UsageError):
        baseline.load(file)


def test_what_is_no_file_is_not_read() -> None:
    with pytest.raises(UsageError, match="/dev/zero is no file"):
        baseline.load(Path("/dev/zero"))
