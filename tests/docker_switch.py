"""What all tests share: those marked ``docker`` need an Engine that answers.

Without one they are skipped, with the reason. Under HARNESS_REQUIRE_DOCKER=1, as on the build server,
a test marked ``docker`` that would be skipped, for whatever reason, fails: a suite that is green
because it ran nothing must not pass for one that ran on Docker.
"""

import os
from collections.abc import Generator
from functools import cache

import pytest

from harness.engines.docker.client import docker_available


@cache
def docker_missing() -> str | None:
    """Why no Docker Engine can be used, or None when one answers."""
    found, what = docker_available()
    return None if found else what


def docker_required() -> bool:
    return os.environ.get("HARNESS_REQUIRE_DOCKER") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") and (reason := docker_missing()):
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and item.get_closest_marker("docker") and docker_required():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"HARNESS_REQUIRE_DOCKER=1 forbids to skip this test. {reason}"
    return report
