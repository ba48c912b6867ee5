"""Runs that several tests look at, made once."""

from pathlib import Path

import pytest

from tests.report.html.runs import run


@pytest.fixture(scope="session")
def torn_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bare appends, one of them in two writes."""
    folder = tmp_path_factory.mktemp("torn")
    return run(folder, "shared-append", "--case", "single", "--writers", "8", "--records", "400", "--trials", "4")


@pytest.fixture(scope="session")
def locked_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Locks of two kinds that do not exclude each other."""
    folder = tmp_path_factory.mktemp("locked")
    return run(folder, "locked", "--case", "mixed", "--writers", "4", "--records", "400", "--trials", "2")
