"""A gate's decision as Markdown, for a build server's job summary.

GitHub shows no summary above 1 MiB, so the text is bounded: what did not pass comes first, and what was left
out is counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from harness.gate import Decided, Decision, Status
from harness.report import gate_text, table

Document = Mapping[str, Any]
MAX_BYTES = 1_000_000
CLOSING_BYTES = 500
"""kept free for the lines that say what was left out"""
MARKS = {Status.PASSED: "✅", Status.DAMAGE: "❌", Status.SLOWER: "🐢", Status.SKIPPED: "⏭️"}
HEAD = (
    "| | case | storage | outcome | expected | damaged trials | records/s | slowdown |\n"
    "|---|---|---|---|---|--:|--:|--:|\n"
)


def render(document: Document, decided: Decided, max_bytes: int = MAX_BYTES) -> str:
    """The whole text, of at most that many bytes."""
    cases = {(case["name"], case["storage"]): case for case in document["cases"]}
    ordered = [*decided.failed, *(one for one in decided.decisions if one not in decided.failed)]
    head = f"## Shared-volume check\n\n{_plain(gate_text.closing(decided))}\n\n"
    foot = "".join(f"- {_plain(note)}\n" for note in decided.notes) + f"\n{_plain(table.footer(document))}\n"
    left = max_bytes - CLOSING_BYTES - len((head + HEAD + foot).encode())
    rows = list(_fitting((_row(one, cases.get((one.name, one.storage))) for one in ordered), left))
    left -= sum(len(row.encode()) for row in rows)
    details = list(_fitting((_details(one, cases.get((one.name, one.storage))) for one in decided.failed), left))
    dropped = _dropped(len(ordered) - len(rows), len(decided.failed) - len(details))
    return f"{head}{HEAD}{''.join(rows)}\n{''.join(details)}{dropped}{foot}"


def _fitting(blocks: Iterable[str], room_bytes: int) -> Iterator[str]:
    """The first blocks, as many as fit."""
    for block in blocks:
        room_bytes -= len(block.encode())
        if room_bytes < 0:
            return
        yield block


def _dropped(rows: int, details: int) -> str:
    counts = [f"{count} {what}" for count, what in ((rows, "rows of the table"), (details, "details")) if count]
    return (
        f"**Left out, to stay below 1 MB: {' and '.join(counts)}.** `result.json` has them all.\n\n" if counts else ""
    )


def _row(decision: Decision, case: Document | None) -> str:
    summary = case["summary"] if case else None
    cells: Sequence[str] = (
        MARKS.get(decision.status, "⚠️"),
        decision.name,
        decision.storage,
        str(decision.status),
        str(decision.expected),
        f"{summary['damaged_trials']}/{summary['trials']}" if summary else "-",
        f"{summary['records_per_second']:,.0f}" if summary else "-",
        f"{decision.speed.ratio:.2f} (≥ {decision.speed.lower:.2f})" if decision.speed else "-",
    )
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def _details(decision: Decision, case: Document | None) -> str:
    told = [*decision.reasons, "", *(table.findings([case]) if case else ())]
    text = _escaped("\n".join(told))
    title = f"{_escaped(decision.name)}: {decision.status}"
    return f"<details open><summary>{title}</summary>\n\n<pre>{text}</pre>\n\n</details>\n\n"


def _cell(text: str) -> str:
    return _escaped(text).replace("|", "\\|").replace("\n", " ")


def _plain(text: str) -> str:
    return _escaped(text).replace("\n", " ")


def _escaped(text: str) -> str:
    """Without colours and without anything that would be taken for HTML."""
    return click.unstyle(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
