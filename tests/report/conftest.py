"""Runs that several tests look at, made once."""

from pathlib import Path

import pytest

from tests.report.runs import run


@pytest.fixture(scope="session")
def torn_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bare appends, one of them in two writes."""
    folder = tmp_path_factory.mktemp("torn")
    return run(folder, "shared-append", "--case", "single", "--writers", "8", "--trials", "4")
