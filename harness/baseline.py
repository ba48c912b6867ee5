"""What a run showed, kept small, so that later runs can be held to it.

A repository keeps the file beside its code: one case per line, sorted, so that a diff shows which case
changed. Speeds are kept per trial, because an interval needs them; four digits are more than they are worth.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import documents, results
from harness.errors import UsageError
from harness.model import Verdict, Workload

SCHEMA_VERSION = 1
KIND = "harness baseline"
DIGITS = 4
SAVE_AGAIN = "Save it again with 'harness check --save-baseline FILE'"
Key = tuple[str, str]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BaselineCase:
    """One case as it was: ``records_per_second`` per trial, of all writers together."""

    name: str
    storage: str
    strategy: str
    options: Mapping[str, Any]
    writers: int
    workload: Workload
    verdict: Verdict
    records_per_second: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run as it was: where it ran, and its cases by name and storage."""

    saved: str
    tool_version: str
    environment: Mapping[str, Any]
    amplified: bool
    cases: Mapping[Key, BaselineCase]


def of(document: Document) -> Baseline:
    """The baseline that a result document makes."""
    cases = [_case(case) for case in document["cases"]]
    return Baseline(
        saved=document["run"]["started"],
        tool_version=document["tool"]["version"],
        environment=document["environment"],
        amplified=document["run"]["amplified"],
        cases={(case.name, case.storage): case for case in cases},
    )


def speeds(case: Document) -> tuple[float, ...]:
    """Records per second of each trial that was checked and wrote anything."""
    return tuple(trial["records_per_second"] for trial in case["trials"] if trial.get("records_per_second"))


def _case(case: Document) -> BaselineCase:
    return BaselineCase(
        name=case["name"],
        storage=case["storage"],
        strategy=case["strategy"],
        options=case["options"],
        writers=case["writers"],
        workload=Workload(**case["workload"]),
        verdict=Verdict(case["verdict"]),
        records_per_second=tuple(float(f"{speed:.{DIGITS}g}") for speed in speeds(case)),
    )


def text(kept: Baseline) -> str:
    """The baseline as the text of its file."""
    head = {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "saved": kept.saved,
        "tool": {"name": "harness", "version": kept.tool_version},
        "environment": dict(kept.environment),
        "amplified": kept.amplified,
    }
    lines = [f" {json.dumps(name)}: {json.dumps(value, sort_keys=True)}," for name, value in head.items()]
    cases = [json.dumps(_row(kept.cases[key]), ensure_ascii=False) for key in sorted(kept.cases)]
    return "\n".join(["{", *lines, ' "cases": [', ",\n".join(f"  {case}" for case in cases), " ]", "}", ""])


def _row(case: BaselineCase) -> dict[str, Any]:
    workload = case.workload
    return {
        "name": case.name,
        "storage": case.storage,
        "verdict": case.verdict,
        "strategy": case.strategy,
        "options": dict(sorted(case.options.items())),
        "writers": case.writers,
        "workload": {
            "records": workload.records,
            "record_bytes_min": workload.record_bytes_min,
            "record_bytes_max": workload.record_bytes_max,
            "duration_s": workload.duration_s,
        },
        "records_per_second": [int(speed) if speed.is_integer() else speed for speed in case.records_per_second],
    }


def load(path: Path) -> Baseline:
    """A stored baseline; a run's folder or result.json serves as one too. Raises UsageError."""
    file = path / "result.json" if path.is_dir() else path
    document = documents.read(file, "baseline", SAVE_AGAIN)
    if not isinstance(document, dict):
        raise UsageError(f"{file} is no baseline", SAVE_AGAIN)
    if document.get("kind") != KIND:
        if document.get("schema_version") != results.SCHEMA_VERSION:
            raise UsageError(f"{file} is neither a baseline nor a result of this version", SAVE_AGAIN)
        documents.hold(document, "result", file, "result", SAVE_AGAIN)
        document = json.loads(text(of(document)))
    documents.hold(document, "baseline", file, "baseline", SAVE_AGAIN)
    return _read(document)


def _read(document: Document) -> Baseline:
    rows: Sequence[Document] = document["cases"]
    cases = [
        BaselineCase(
            **{
                **row,
                "workload": Workload(**row["workload"]),
                "verdict": Verdict(row["verdict"]),
                "records_per_second": tuple(float(one) for one in row["records_per_second"]),
            }
        )
        for row in rows
    ]
    return Baseline(
        saved=document["saved"],
        tool_version=document["tool"]["version"],
        environment=document["environment"],
        amplified=document["amplified"],
        cases={(case.name, case.storage): case for case in cases},
    )
