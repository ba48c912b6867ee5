"""JUnit XML, read back by a real parser: suites, counts, failures, errors and skips."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from harness import baseline, gate
from harness.gate import Terms
from harness.model import Skip
from harness.report import junit
from tests.documents import SPEEDS, Row, control, result

SKIP = Skip("no redis server on this host", "install one")


def read(document: dict[str, object], terms: Terms, tmp_path: Path) -> JUnitXml:
    file = tmp_path / "junit.xml"
    file.write_text(junit.render(document, gate.decide(document, terms)))
    return JUnitXml.fromfile(str(file))


def test_every_outcome_is_what_build_servers_expect(tmp_path: Path) -> None:
    kept = baseline.of(result(Row("slow"), Row("gone"), control()))
    document = result(
        Row("good"), Row("torn", torn_trials=2), Row("slow", speeds=[one / 9 for one in SPEEDS]),
        Row("queue", skip=SKIP), Row("died", error="it died"), control(),
    )  # fmt: skip
    (suite,) = read(document, Terms(kept, 1.3), tmp_path)
    assert isinstance(suite, TestSuite)
    assert (suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) == ("mine", 7, 2, 2, 1)
    found = {case.name: case.result for case in suite}
    assert found["good"] == found["split"] == []
    ((torn,), (slow,), (queue,), (died,), (gone,)) = (found[name] for name in ("torn", "slow", "queue", "died", "gone"))
    assert isinstance(torn, Failure)
    assert (torn.type, torn.message) == ("damage", "intact broken 2 times, in 2 of 6 trials")
    assert "interleaved writer 1 record 2 at offset 400 (200 bytes), with writer 3" in torn.text
    assert isinstance(slow, Failure)
    assert slow.type == "slower"
    assert isinstance(queue, Skipped)
    assert queue.message == "no redis server on this host. Install one"
    assert isinstance(died, Error)
    assert isinstance(gone, Error)
    assert (died.type, gone.type) == ("inconclusive", "missing")


def test_a_lost_control_is_an_error_of_its_own(tmp_path: Path) -> None:
    (suite,) = read(result(Row("good"), control(torn_trials=0)), Terms(), tmp_path)
    assert {case.name: case.result[0].type for case in suite} == {"good": "inconclusive", "split": "lost control"}


def test_where_it_ran_stands_in_the_properties(tmp_path: Path) -> None:
    (suite,) = read(result(Row("good"), control()), Terms(), tmp_path)
    told = {one.name: one.value for one in suite.properties()}  # type: ignore[no-untyped-call]
    assert (told["harness.kernel"], told["harness.seed"], told["harness.command"]) == ("6.18", "7", "harness check")
    assert suite.timestamp == "2026-01-02T03:04:05"
    assert suite.time == pytest.approx(sum(100 / speed for speed in SPEEDS) * 2, abs=0.01)


def test_storages_tell_cases_of_one_name_apart(tmp_path: Path) -> None:
    rows = [Row("good", storage=one) for one in ("volume", "tmpfs")] + [control(storage="volume")]
    (suite,) = read(result(*rows), Terms(), tmp_path)
    assert [case.name for case in suite] == ["good [volume]", "good [tmpfs]", "split [volume]"]


@given(st.text(), st.text())
def test_any_text_is_legal_xml(tmp_path_factory: pytest.TempPathFactory, error: str, excerpt: str) -> None:
    rows = [Row("died", error=f"\x1b[31m{error}"), Row("torn", torn_trials=1, excerpt=excerpt), control()]
    (suite,) = read(result(*rows), Terms(), tmp_path_factory.mktemp("xml"))
    assert suite.tests == 3
