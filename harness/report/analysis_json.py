"""What ``harness analyze`` found, as the document that ``--json`` prints."""

import dataclasses
from typing import Any

from harness.analysis.foreign import Finding, Report
from harness.model import Account


def document(report: Report, account: Account | None = None) -> dict[str, Any]:
    """The report, with the account's counts of bytes and records beside its own where there is an account.

    ``bytes``, ``lines``, ``records``, ``writers`` and ``anomalies`` are there for every log. Where both have them,
    ``duplicated`` is the report's, which counts extra copies; ``reordered`` and anomalies are the account's,
    which also sees whole records inside malformed lines. The account stands whole under ``account``.
    """
    found: dict[str, Any] = {
        "damaged": report.damaged,
        "bytes": dataclasses.asdict(report.bytes),
        "lines": dataclasses.asdict(report.lines),
        "records": dataclasses.asdict(report.records),
        "writers": [dataclasses.asdict(writer) for writer in report.writers],
        "anomalies": [_finding(finding) for finding in report.findings],
        "notes": list(report.notes),
    }
    if account is not None:
        whole = dataclasses.asdict(account)
        found["bytes"] = whole["bytes"] | found["bytes"]
        found["records"] = whole["records"] | found["records"] | {"reordered": whole["records"]["reordered"]}
        told = {one["kind"] for one in whole["anomalies"]}
        found["anomalies"] = [one for one in found["anomalies"] if one["kind"] not in told]
        found["anomalies"] += [_anomaly(one) for one in whole["anomalies"]]
        found["notes"] += whole["notes"]
        found["account"] = whole
        found["damaged"] = found["damaged"] or bool(whole["anomalies"])
    return found


def _anomaly(one: dict[str, Any]) -> dict[str, Any]:
    """An anomaly of an account in the form of a finding: writers are named by text."""
    return {"records": [], "last_seq": None} | one | {"writer": None if one["writer"] is None else str(one["writer"])}


def _finding(finding: Finding) -> dict[str, Any]:
    return dataclasses.asdict(finding)
