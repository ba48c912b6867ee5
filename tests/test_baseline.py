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


ROW = {"name": "m/c", "storage": "volume", "verdict": "safe", "strategy": "s", "options": {}, "writers": 1,
       "workload": {}, "records_per_second": [1]}  # fmt: skip
BAD = [
    ("", "cannot read the baseline"),
    ("[]", "is no baseline"),
    ("{}", "is no result of schema version"),
    (edited(schema_version=2), "is no baseline of schema version 1"),
    (edited(cases=[{}]), "is damaged: KeyError: 'workload'"),
    (edited(cases=[{**ROW, "extra": 1}]), "is damaged: TypeError"),
    (edited(cases=[{**ROW, "verdict": "good"}]), "is damaged: ValueError: 'good' is not a valid Verdict"),
    (edited(cases=[{**ROW, "records_per_second": [-1]}]), "is damaged: ValueError: records_per_second is -1"),
    (edited(cases=None), "is damaged: TypeError"),
    (edited(environment=1), "is damaged: TypeError"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_file_that_is_none_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "base.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"base\.json") as raised:
        baseline.load(file)
    assert message in str(raised.value)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_case_makes_it_crash(case: Any) -> None:
    document = json.loads(edited(cases=[{**ROW, **(case if isinstance(case, dict) else {"workload": case})}]))
    with contextlib.suppress(KeyError, TypeError, ValueError):
        baseline._read(document)
