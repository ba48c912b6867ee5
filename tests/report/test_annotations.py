"""GitHub's workflow commands: levels, escapes, and no more than are shown."""

import re

from hypothesis import given
from hypothesis import strategies as st

from harness import gate
from harness.gate import Decided, Decision, Status, Terms
from harness.model import Verdict
from harness.report import annotations
from tests.documents import Row, control, result


def decided(*found: tuple[Status, str]) -> Decided:
    return Decided(
        tuple(Decision(f"m/c{n}", "volume", Verdict.SAFE, one, (why,)) for n, (one, why) in enumerate(found))
    )


def test_damage_is_an_error_and_what_was_not_shown_a_warning() -> None:
    document = result(Row("a", torn_trials=1), Row("b", error="died: x"), control())
    assert annotations.render(gate.decide(document, Terms())) == [
        "::error title=mine/a%3A damage::intact broken 1 time, in 1 of 6 trials",
        "::warning title=mine/b%3A inconclusive::"
        + "; ".join(f"trial {n} was not checked: died: x" for n in range(6)),
    ]  # fmt: skip


def test_nothing_failed_nothing_said() -> None:
    assert annotations.render(gate.decide(result(Row("a"), control()), Terms())) == []


def test_escapes() -> None:
    (line,) = annotations.render(decided((Status.DAMAGE, "100% of\r\nbytes, a: b::c")))
    assert line == "::error title=m/c0%3A damage::100%25 of%0D%0Abytes, a: b::c"


@given(st.text())
def test_any_reason_stays_one_line_and_comes_back(why: str) -> None:
    (line,) = annotations.render(decided((Status.SLOWER, why)))
    assert not re.search("[\r\n]", line)
    message = line.partition("slower::")[2]
    assert message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%") == why


def test_the_tenth_says_how_many_more() -> None:
    lines = annotations.render(decided(*[(Status.DAMAGE, "x")] * 12, (Status.MISSING, "y")))
    assert len(lines) == 11
    assert lines[9].startswith("::error title=3 more cases::")
    assert lines[10].startswith("::warning title=m/c12%3A missing::")
