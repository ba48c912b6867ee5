"""Runs for the tests of the page: real ones on the local engine, and what is changed in them."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import results, views
from harness.report.html import page
from harness.trace.record import encode
from tests.analysis.view.views import journals, viewed

HARNESS = str(Path(sys.executable).with_name("harness"))
Views = Mapping[tuple[str, str], views.View]


def run(folder: Path, *arguments: str) -> Path:
    """The folder of a run on the local engine."""
    done = subprocess.run(
        [HARNESS, "run", *arguments, "--engine", "local", "--quiet", "--results", str(folder / "results")],
        capture_output=True, text=True, timeout=300, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stderr
    (found,) = folder.glob("results/*/*/result.json")
    return found.parent


def loaded(folder: Path) -> tuple[dict[str, Any], dict[tuple[str, str], views.View]]:
    """The document and the views of a stored run."""
    found, notes = views.load(folder)
    assert notes == []
    return results.load(folder), found


def settled(folder: Path, document: dict[str, Any], found: dict[tuple[str, str], views.View]) -> None:
    """Make certain what a run shows only mostly: ``single`` is safe, ``split`` is not, and where its file is torn.

    Eight writers take turns at 400 records each; records 100 and 101 of the file are torn by each other, so are 2000
    and 2001.
    """
    for case, verdict in zip(document["cases"], ("safe", "unsafe"), strict=True):
        case |= {"verdict": verdict, "expected": verdict, "as_expected": True}
    lines = [encode(writer, seq, 200) for seq in range(400) for writer in range(8)]
    for at in (100, 2000):
        one, other = lines[at : at + 2]
        lines[at : at + 2] = [one[:100] + other[:100], one[100:] + other[100:]]
    folder.mkdir(exist_ok=True)
    view = viewed(folder, [b"".join(lines)], journals(folder, 8, 400, 200))
    found["shared-append/split", "volume"] |= {**view, "why": "the first damaged trial"}


def written(path: Path, document: Mapping[str, Any], found: Views) -> Path:
    """The page in a file."""
    path.write_text(page.render(document, found, []), encoding="utf-8")
    return path


def odd(document: Mapping[str, Any]) -> dict[str, Any]:
    """The run with a case whose trial was not checked, one that was skipped, and one that never ran."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    unchecked, *_ = changed["cases"]
    unchecked["trials"] = [{"seed": 1, "error": "records by outcome: 3, but 4 attempted", "rejected": 0, "restarts": 0}]
    for case, name in (
        (unchecked, "unchecked"),
        (copy.deepcopy(unchecked), "skipped"),
        (copy.deepcopy(unchecked), "none"),
    ):
        case["name"] = f"odd/{name}"
        case["summary"] |= dict.fromkeys(
            ("damage_rate", "damage_rate_interval", "trial_rate_interval", "relative_cost")
        )
        case["summary"] |= {"trials": 0, "damaged_trials": 0, "damaged_records": 0, "records_per_second": 0.0}
        case["summary"]["latency_us"] = dict.fromkeys(("p50", "p95", "p99", "p999", "max"), 0.0)
        case |= {"verdict": "inconclusive", "as_expected": False, "reasons": ["trial 0 was not checked"]}
        if name == "skipped":
            case |= {"verdict": "skipped", "trials": [], "reasons": ["no server here; install one"]}
            case["skipped"] = {"reason": "no server here", "remedy": "install one"}
        if name == "none":
            case["trials"] = []
        if case is not unchecked:
            changed["cases"].append(case)
    changed["run"]["error"] = "interrupted"
    return changed


def embedded(text: str, index: int) -> Any:
    """The data of a case that a page carries."""
    start = text.index(f'id="case-{index}">') + len(f'id="case-{index}">')
    return json.loads(text[start : text.index("</script>", start)])
