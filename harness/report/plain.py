"""Results as plain text, for what is no terminal: messages of failed assertions, logs of other programs."""

from collections.abc import Collection, Mapping
from typing import Any

import click

from harness.report import table

Document = Mapping[str, Any]


def render(document: Document) -> str:
    """What ``harness run`` prints, without colours."""
    return click.unstyle(table.render(document))


def excerpt(document: Document, told: Collection[tuple[str, str]]) -> str:
    """The whole table, but findings only on the cases ``told`` by name and storage."""
    rows = [case for case in document["cases"] if (case["name"], case["storage"]) in told]
    return click.unstyle("\n".join([table.table(document), "", *table.findings(rows), "", table.footer(document)]))
