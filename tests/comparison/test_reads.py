"""Cases with observers are compared by what was read; skipped cases show nothing and say so."""

from harness import comparison
from harness.comparison import exit_code
from harness.comparison.model import Metric
from harness.errors import ExitCode
from harness.model import Verdict
from tests.comparison.documents import CONTROL, Planted, document, measured

READS = {
    "total": 100, "whole": 90, "empty": 4, "partial": 6, "mixed": 0, "foreign": 0, "missing": 0, "absent": 0,
    "rejected": 0, "stale": 5, "backward": 0, "overlapped": 50, "versions": 9,
}  # fmt: skip


def test_where_observers_read_damage_is_that_of_reads() -> None:
    written = document(Planted("log"))
    (case,) = written["cases"]
    case["promises"] = ["no-torn-reads"]
    for trial in case["trials"]:
        trial["reads"] = READS
    (found,) = comparison.measured(written, "A", "a").cases
    assert found.samples[Metric.DAMAGE_RATE] == (0.1,) * 8
    case["promises"] += ["fresh-reads"]
    (found,) = comparison.measured(written, "A", "a").cases
    assert found.damage_rate == 0.15


def test_a_case_that_was_skipped_this_time_shows_nothing_any_more() -> None:
    written = document(Planted("log"), CONTROL)
    written["cases"][0] |= {"verdict": "skipped", "trials": [], "skipped": {"reason": "no server", "remedy": "get one"}}
    after = comparison.measured(written, "B", "b")
    compared = comparison.compare([measured("A", Planted("log"), CONTROL), after])
    (row,) = [row for row in compared.rows if row.run == "B" and row.case.name == "mine/log"]
    assert row.case.verdict is Verdict.SKIPPED
    assert row.changes == {}
    assert not row.unlike
    assert exit_code(compared) is ExitCode.INCONCLUSIVE
