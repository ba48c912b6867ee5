"""The switch under which a Docker test that would be skipped fails."""

from pathlib import Path

import pytest

SWITCH = (Path(__file__).parent / "docker_switch.py").read_text()
NO_DAEMON = "unix:///nonexistent/docker.sock"
MARKED = """
import pytest

@pytest.mark.docker
def test_on_docker():
    pass

def test_without():
    pass
"""
SKIPS_ITSELF = """
import pytest

@pytest.mark.docker
@pytest.mark.skip(reason="out of order")
def test_on_docker():
    pass

@pytest.mark.skip(reason="needs no docker")
def test_without():
    pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(SWITCH)
    pytester.makeini("[pytest]\nmarkers = docker: real Docker\n")
    monkeypatch.setenv("DOCKER_HOST", NO_DAEMON)
    monkeypatch.delenv("HARNESS_REQUIRE_DOCKER", raising=False)
    return pytester


def test_without_a_daemon_a_docker_test_is_skipped_with_the_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(MARKED)
    result = suite.runpytest_subprocess("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines("*no Docker engine answers at unix:///nonexistent/docker.sock*")


def test_under_the_switch_it_fails(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(MARKED)
    monkeypatch.setenv("HARNESS_REQUIRE_DOCKER", "1")
    result = suite.runpytest_subprocess()
    assert result.ret != 0
    # A test that fails before its call counts as an error.
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines("*forbids to skip*")


def test_under_the_switch_any_reason_to_skip_fails(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.makepyfile(SKIPS_ITSELF)
    monkeypatch.setenv("HARNESS_REQUIRE_DOCKER", "1")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(skipped=1, errors=1)
