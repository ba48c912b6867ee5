"""The page as one string: parts into the template, scripts and styles inlined, and a policy that admits only them."""

import base64
import hashlib
import shlex
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from harness.model import Verdict
from harness.report.html import data, tables
from harness.report.html.markup import embedded, tag, text
from harness.report.table import AMPLIFIED
from harness.views import View

SCRIPTS = (
    "core.js", "cell.js", "filemap.js", "operations.js", "timeline.js", "progress.js", "fate.js", "inside.js",
)  # fmt: skip
MOST_NAMED = 100
"""characters of a heading that names scenarios; a longer one counts them"""


def render(result: Mapping[str, Any], views: Mapping[tuple[str, str], View], notes: list[str]) -> str:
    """The page of a run. ``notes``: what else to say about what is left out."""
    cases, left_out = data.cases(result, views)
    style = _asset("style.css")
    script = "(() => {\n'use strict';\n" + "\n".join(map(_asset, SCRIPTS)) + "\n})();\n"
    slots = {
        "policy": f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'",
        "title": text(f"{_heading(result)}: harness report"),
        "style": style,
        "heading": text(_heading(result)),
        "abstract": _abstract(result),
        "status": _status(result, cases),
        "glance": tables.glance(cases),
        "properties": tables.properties(cases),
        "outcomes": tables.outcomes(cases),
        "reads": tables.observed(cases),
        "environment": tables.environment(result),
        "command": text(repeat(result)),
        "left_out": _listed([*notes, *left_out]),
        "views": "".join(_embed(index, case) for index, case in enumerate(cases)),
        "script": script,
    }
    page = _asset("page.html")
    for part in _parts(page):
        page = page.replace(f"<!--{part}-->", slots[part], 1)
    return page


def _heading(result: Mapping[str, Any]) -> str:
    """The scenarios' names, or how many there are."""
    name = str(result["scenario"]["name"])
    return name if len(name) <= MOST_NAMED else f"{len(result['scenario']['scenarios'])} scenarios"


def _parts(page: str) -> list[str]:
    """Names of the slots, last one first: what is put in can't be taken for a slot."""
    names = [piece.partition("-->")[0] for piece in page.split("<!--")[1:]]
    return names[::-1]


def repeat(result: Mapping[str, Any]) -> str:
    """The command that repeats the run, seed included."""
    command = list(result["run"]["command"])
    if not any(word.split("=")[0] == "--seed" for word in command):
        command += ["--seed", str(result["run"]["seed"])]
    return shlex.join(command)


def _asset(name: str) -> str:
    return (files("harness.report.html") / "assets" / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    """A source expression that admits exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _embed(index: int, case: Mapping[str, Any]) -> str:
    """A case's data, read only when it is looked at."""
    kept = {name: value for name, value in case.items() if name not in ("outcomes", "properties", "reads", "left_out")}
    return f'<script type="application/json" id="case-{index}">{embedded(kept)}</script>\n'


def _abstract(result: Mapping[str, Any]) -> str:
    """What the scenarios are about: text of their files."""
    parts = []
    for one in result["scenario"]["scenarios"]:
        name = f"{one['name']}: " if len(result["scenario"]["scenarios"]) > 1 else ""
        parts.append(tag("p", tag("b", text(f"{name}{one['title']}")), text(f" {one['description']}")))
    return "".join(parts)


def _status(result: Mapping[str, Any], cases: list[dict[str, Any]]) -> str:
    """The outcome in a line, and whatever stopped the run."""
    skipped = [case for case in cases if case["verdict"] == Verdict.SKIPPED]
    off = [case for case in cases if not case["as_expected"] and case not in skipped]
    ran = len(cases) - len(skipped)
    counted = f"{ran} case{'s' if ran != 1 else ''}"
    if off:
        names = ", ".join(case["label"] for case in off)
        line = tag("p", text(f"{len(off)} of {counted} came out other than expected: {names}"), class_="status off")
    else:
        line = tag("p", text(f"{counted}, as expected"), class_="status on")
    parts = [line] if ran else []
    parts += [
        tag("p", text(f"{case['label']} was skipped: {'; '.join(case['reasons'])}"), class_="warn") for case in skipped
    ]
    if result["run"].get("amplified"):
        parts.append(tag("p", text(AMPLIFIED), class_="warn"))
    if result["environment"].get("engine") == "local":
        parts.append(
            tag("p", "NO CONTAINERS: the local engine ran the writers as processes of one host", class_="warn")
        )
    if result["run"]["error"]:
        parts.append(tag("p", text(f"The run stopped early: {result['run']['error']}"), class_="warn"))
    return "".join(parts)


def _listed(items: list[str]) -> str:
    return "".join(tag("li", text(item)) for item in items) or tag("li", "nothing that the run stored")
