"""Looking after the machine: what stands in the way of a run and what does not."""

import pytest

from harness import maintenance
from harness.engines.docker import cleanup
from harness.errors import EngineError


def test_leftovers_that_cannot_be_looked_for_do_not_hinder_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def clean(**_: object) -> cleanup.Cleaned:
        raise EngineError("looking for what runs left: the engine did not answer in time", "see its log")

    monkeypatch.setattr(cleanup, "clean", clean)
    assert maintenance.tidy_docker() == (
        "what killed runs left was not removed: "
        "looking for what runs left: the engine did not answer in time. See its log"
    )
    with pytest.raises(EngineError):
        maintenance.clean_docker()
