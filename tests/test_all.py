"""`run --all`: what it asks for. That it runs is what `make reference` shows, on Docker, in its five minutes."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness import scenario, session
from harness.cli import cli
from harness.cli.options import ALL_WITHIN_S
from harness.errors import UsageError


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[session.Request]:
    """Requests that reach the session, which then stops."""
    requests: list[session.Request] = []

    def run(request: session.Request, *_: Any) -> session.Outcome:
        requests.append(request)
        raise UsageError("stopped by the test")

    monkeypatch.setattr(session, "run", run)
    return requests


def ask(*arguments: str) -> None:
    result = CliRunner().invoke(cli, ["run", *arguments])
    assert isinstance(result.exception, UsageError), result.output
    assert result.exception.message == "stopped by the test"


@pytest.mark.parametrize(
    ("arguments", "limit_s", "trials"),
    [
        ((), ALL_WITHIN_S, None),
        (("--time-limit", "60"), 60.0, None),
        (("--trials", "20"), None, 20),
        (("--trials", "20", "--time-limit", "60"), 60.0, 20),
    ],
)
def test_all_is_every_shipped_scenario_within_its_time(
    asked: list[session.Request], tmp_path: Path, arguments: tuple[str, ...], limit_s: float | None, trials: int | None
) -> None:
    ask("--all", "--results", str(tmp_path), *arguments)
    (request,) = asked
    assert [one.name for one in request.scenarios] == scenario.shipped()
    assert (request.name, request.time_limit_s, request.overrides.trials) == ("all", limit_s, trials)


def test_without_all_there_is_no_limit(asked: list[session.Request]) -> None:
    ask("locked")
    assert (asked[0].name, asked[0].time_limit_s) == ("", None)
