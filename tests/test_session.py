"""Which engine a run gets, and what keeps it from getting one."""

import pytest

from harness import maintenance, session
from harness.engines.docker import client
from harness.errors import EngineError


def test_what_cannot_be_removed_is_told_and_does_not_stop_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(*_: object, **__: object) -> str:
        raise EngineError("removing network n: it has active endpoints", "Try again")

    monkeypatch.setattr(client, "docker_available", lambda: (True, ""))
    monkeypatch.setattr(maintenance, "clean_docker", stuck)
    told: list[str] = []
    assert session.choose_engine("docker", told.append).name == "docker"
    assert told == ["what a killed run left stays: removing network n: it has active endpoints"]
