"""On real containers: a run stores a view for each case, made by the analyser beside the data, and has its page."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness import results, views
from harness.report.html import page
from tests.analysis.view.views import SCHEMA, check, total
from tests.report.runs import HARNESS, embedded


@pytest.mark.docker
def test_a_run_on_docker_has_views_and_a_page(tmp_path: Path) -> None:
    done = subprocess.run(
        [HARNESS, "run", "shared-append", "--case", "single", "--writers", "4", "--trials", "2", "--engine", "docker",
         "--results", str(tmp_path)],
        capture_output=True, text=True, timeout=600, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    (stored,) = tmp_path.glob("*/*/result.json")
    document = results.load(stored)
    found, notes = views.load(stored.parent)
    assert notes == []
    assert set(found) == {(case["name"], case["storage"]) for case in document["cases"]}
    for case in document["cases"]:
        view = found[case["name"], case["storage"]]
        check({key: value for key, value in view.items() if key in SCHEMA["properties"]})
        owners = case["trials"][view["trial"]]["bytes"]
        assert (total(view, "intact"), sum(one["bytes"] for one in view["files"])) == (
            owners["intact"],
            owners["total"],
        )
        assert sum(view["latency"]["counts"]) == case["trials"][view["trial"]]["records"]["acknowledged"]
    text = page.render(document, found, [])
    assert embedded(text, 1)["view"]["files"][0]["name"] == "shared.log"
    assert json.dumps(found["shared-append/single", "volume"]).isascii()
