"""The Markdown summary: what is in it, that nothing in it is taken for markup, and that it stays below its bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness import baseline, gate
from harness.gate import Terms
from harness.report import job_summary
from tests.documents import SPEEDS, Row, control, result


def test_what_failed_comes_first_with_its_first_anomaly() -> None:
    kept = baseline.of(result(Row("good"), control()))
    document = result(Row("good"), Row("torn", torn_trials=2), control())
    text = job_summary.render(document, gate.decide(document, Terms(kept, 1.3)))
    lines = text.splitlines()
    assert lines[2] == "check: 1 damage, 2 passed: damage or a regression (exit code 1)"
    assert lines[6] == "| ❌ | mine/torn | volume | damage | safe | 2/6 | 1,025 | - |"
    assert lines[7] == "| ✅ | mine/good | volume | passed | safe | 0/6 | 1,025 | 1.00 (≥ 0.98) |"
    assert "interleaved writer 1 record 2 at offset 400 (200 bytes), with writer 3" in text
    assert "- not in the baseline, so only judged by themselves: mine/torn" in lines
    assert "docker engine 20.10 · Linux 6.18 · 2 CPUs" in lines[-1]


def test_nothing_is_taken_for_markup() -> None:
    row = Row("torn", torn_trials=1, excerpt="</pre><script>|`*\x1b[31m", error="")
    document = result(row, control())
    text = job_summary.render(document, gate.decide(document, Terms()))
    assert "&lt;/pre&gt;&lt;script&gt;|`*" in text
    assert "<script>" not in text
    assert "\x1b" not in text


def test_a_thousand_failures_stay_below_the_bound_and_say_what_was_left_out() -> None:
    rows = [Row(f"case-{number}", torn_trials=1, speeds=SPEEDS[:1], excerpt="x" * 160) for number in range(1000)]
    document = result(*rows, control())
    decided = gate.decide(document, Terms())
    assert len(job_summary.render(document, decided).encode()) < job_summary.MAX_BYTES
    text = job_summary.render(document, decided, 100_000)
    assert len(text.encode()) <= 100_000
    shown = text.count("<details")
    assert f"**Left out, to stay below 1 MB: {1000 - shown} details.** `result.json` has them all." in text
    tiny = job_summary.render(document, decided, 5_000)
    rows_shown = tiny.count("\n| ❌")
    assert f"{1001 - rows_shown} rows of the table and 1000 details.**" in tiny


@given(st.integers(2_000, 20_000), st.integers(1, 30))
@settings(max_examples=30)
def test_never_above_the_bound(max_bytes: int, count: int) -> None:
    document = result(*(Row(f"case-{number}", torn_trials=1, speeds=(1.0,)) for number in range(count)), control())
    text = job_summary.render(document, gate.decide(document, Terms()), max_bytes)
    assert len(text.encode()) <= max_bytes
