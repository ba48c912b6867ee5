"""Looking after the machine: what stands in the way of a run and what does not."""

import pytest

from harness import maintenance
from harness.analysis import inner
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


def test_doctor_says_whether_the_analysis_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner, "COMPILED", False)
    monkeypatch.setattr(maintenance, "docker_available", lambda: (False, "no engine here"))
    (found,) = [one for one in maintenance.examine() if one.what == "compiled analysis"]
    assert not found.good
    assert not found.needed
    assert "install a C compiler, then the harness again" in found.remedy
    monkeypatch.setattr(inner, "COMPILED", True)
    (found,) = [one for one in maintenance.examine() if one.what == "compiled analysis"]
    assert (found.good, found.remedy) == (True, "")
