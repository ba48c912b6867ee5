"""A comparison as JSON: every number, also of differences that chance could have made."""

import json
from dataclasses import asdict
from typing import Any

from harness.comparison.model import Change, Comparison, MeasuredRun, Row

SCHEMA_VERSION = 1


def render(comparison: Comparison) -> str:
    """The document as text."""
    return json.dumps(document(comparison), indent=1)


def document(comparison: Comparison) -> dict[str, Any]:
    """The document; docs/comparing.md explains its keys."""
    return {
        "schema_version": SCHEMA_VERSION,
        "comparison": comparison.kind,
        "confidence": comparison.confidence,
        "alpha": comparison.alpha,
        "tests": comparison.tests,
        "needs_trials": comparison.needs_trials,
        "runs": [_run(run) for run in comparison.runs],
        "unlike": {label: [asdict(one) for one in found] for label, found in comparison.unlike.items()},
        "unmatched": {label: list(names) for label, names in comparison.unmatched.items()},
        "rows": [row_document(row) for row in comparison.rows],
    }


def row_document(row: Row) -> dict[str, Any]:
    """One case of one run, and how it differs from its reference."""
    case = row.case
    return {
        "case": case.name,
        "storage": case.storage,
        "run": row.run,
        "verdict": case.verdict,
        "verdict_before": row.reference.verdict if row.reference else None,
        "expected": case.expected,
        "reasons": list(case.reasons),
        "lost_control": row.lost_control,
        "damage_rate": case.damage_rate,
        "damage_rate_interval": list(case.damage_interval) if case.trials else None,
        "damaged_trials": case.damaged_trials,
        "trials": case.trials,
        "samples": {metric: list(values) for metric, values in case.samples.items()},
        "relative_cost": row.cost.ratio if row.cost else None,
        "relative_cost_interval": list(row.cost.interval) if row.cost and row.cost.interval else None,
        "changes": {metric: _change(change) for metric, change in row.changes.items()},
        "load_differs": [asdict(one) for one in row.unlike],
        "pattern_differs": [asdict(one) for one in row.altered],
    }


def _run(run: MeasuredRun) -> dict[str, Any]:
    return {
        "label": run.label,
        "path": run.path,
        "id": run.id,
        "started": run.started,
        "seed": run.seed,
        "error": run.error,
    }


def _change(change: Change) -> dict[str, Any]:
    found = asdict(change)
    del found["metric"]
    return {**found, "interval": list(change.interval) if change.interval else None, "trials": list(change.trials)}
