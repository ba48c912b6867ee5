"""Without a browser its tests are skipped, and on the build server they fail."""

from pathlib import Path

import pytest

SWITCH = (Path(__file__).parent / "browser.py").read_text()
USES_ONE = """
def test_in_a_browser(browser):
    pass

def test_without():
    pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(SWITCH)
    pytester.makepyfile(USES_ONE)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("CI", raising=False)
    return pytester


def test_without_a_browser_they_are_skipped_with_the_reason(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines("*none of chromium, chromium-browser, google-chrome on PATH*apt-get install chromium*")


def test_on_the_build_server_they_fail(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines("*CI forbids to skip this test*")
