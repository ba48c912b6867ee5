"""A gate's decision as JUnit XML, which build servers read: one suite per scenario, one test case per case.

There is no standard; what is written here is valid by the two schemas that are taken for one, that of Apache
Ant's task and that of Jenkins. By the first of them a test case carries no output, so that what passed is told in
its suite's.
"""

import re
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

import click

from harness.gate import Decided, Decision, Status
from harness.report import table

Document = Mapping[str, Any]
ELEMENTS = {Status.PASSED: "", Status.DAMAGE: "failure", Status.SLOWER: "failure", Status.SKIPPED: "skipped"}
"""all others are errors: the check itself did not come to a result"""
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(document: Document, decided: Decided) -> str:
    """The whole file."""
    root = ET.Element("testsuites")
    suites = groupby(sorted(decided.decisions, key=_suite), key=_suite)
    for number, (name, decisions) in enumerate(suites):
        root.append(_testsuite(document, name, list(decisions), number))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(decision: Decision) -> str:
    return decision.name.split("/")[0]


def _testsuite(document: Document, name: str, decisions: Sequence[Decision], number: int) -> ET.Element:
    cases = {(case["name"], case["storage"]): case for case in document["cases"]}
    elements = [ELEMENTS.get(one.status, "error") for one in decisions]
    seconds = [_seconds(cases.get((one.name, one.storage))) for one in decisions]
    suite = ET.Element(
        "testsuite",
        name=_legal(name),
        package="harness",
        id=str(number),
        tests=str(len(decisions)),
        failures=str(elements.count("failure")),
        errors=str(elements.count("error")),
        skipped=str(elements.count("skipped")),
        time=f"{sum(seconds):.3f}",
        timestamp=_without_zone(document["run"]["started"]),
        hostname=_legal(socket.gethostname() or "localhost"),
    )
    _properties(suite, document)
    several = len({one.storage for one in decisions}) > 1
    for decision, element, seconds_written in zip(decisions, elements, seconds, strict=True):
        testcase = ET.SubElement(
            suite,
            "testcase",
            name=_legal(_case(decision, several)),
            classname=_legal(f"harness.{name}"),
            time=f"{seconds_written:.3f}",
        )
        if element:
            _problem(testcase, element, decision, cases.get((decision.name, decision.storage)))
    passed = [cases[one.name, one.storage] for one in decisions if one.status is Status.PASSED]
    ET.SubElement(suite, "system-out").text = _legal("\n".join(table.findings(passed)))
    ET.SubElement(suite, "system-err").text = ""
    return suite


def _case(decision: Decision, several_storages: bool) -> str:
    name = decision.name.partition("/")[2]
    return f"{name} [{decision.storage}]" if several_storages else name


def _properties(suite: ET.Element, document: Document) -> None:
    environment = {name: value for name, value in document["environment"].items() if isinstance(value, str | int)}
    told = {**environment, "seed": document["run"]["seed"], "run": document["run"]["id"]}
    told["command"] = " ".join(document["run"]["command"])
    properties = ET.SubElement(suite, "properties")
    for name, value in told.items():
        ET.SubElement(properties, "property", name=f"harness.{name}", value=_legal(str(value)))


def _problem(testcase: ET.Element, element: str, decision: Decision, case: Document | None) -> None:
    problem = ET.SubElement(testcase, element, message=_legal("; ".join(decision.reasons)))
    if element != "skipped":
        problem.set("type", decision.status)
    told = [*decision.reasons, "", *(table.findings([case]) if case else ())]
    problem.text = _legal("\n".join(told))


def _seconds(case: Document | None) -> float:
    """How long the writers of all its trials wrote."""
    trials = [trial for trial in (case["trials"] if case else ()) if trial.get("records_per_second")]
    return float(sum(trial["records"]["acknowledged"] / trial["records_per_second"] for trial in trials))


def _without_zone(started: str) -> str:
    return datetime.fromisoformat(started).replace(tzinfo=None).isoformat(timespec="seconds")


def _legal(text: str) -> str:
    """The text without colours, and without the characters that XML cannot carry at all."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", click.unstyle(text))
