"""One matrix over all cases: what each kept, what it broke, at what cost; for reading, as text or as Markdown.

Rows are cases, by scenario; columns are properties. A cell says by its glyph and its words what happened, never by
colour alone, and in how many trials, as the trial is the unit that is repeated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import click
from tabulate import tabulate

from harness.model import Account, Verdict
from harness.promise import Promise
from harness.report.cells import COLOURS
from harness.report.table import AMPLIFIED, footer
from harness.verdict import broken_promises, was_checked

Document = Mapping[str, Any]
COLUMNS: tuple[tuple[str, frozenset[Promise]], ...] = (
    ("intact", frozenset({Promise.INTACT})),
    ("none\nlost", frozenset({Promise.NO_LOSS})),
    ("no dupli-\ncates", frozenset({Promise.NO_DUPLICATES})),
    ("in\norder", frozenset({Promise.WRITER_ORDER, Promise.REAL_TIME_ORDER})),
    ("no torn\nreads", frozenset({Promise.NO_TORN_READS})),
    ("fresh\nreads", frozenset({Promise.FRESH_READS})),
    ("mutual\nexclusion", frozenset({Promise.MUTUAL_EXCLUSION})),
)
KEPT, UNCHECKED, NOTHING = "✔ kept", "? unchecked", "-"
LEGEND = (
    ("✔ kept", "promised, and kept in every trial"),
    ("✘ n of m", "promised, and broken in n of m trials"),
    ("~ n of m", "not promised, and seen in n of m trials: no damage, but mind it"),
    ("? unchecked", "promised, and no trial could check it: not shown, so the case is inconclusive at best"),
    ("-", "not promised and not seen, or the case has no such thing"),
    ("verdict !", "not what the scenario expects; the reasons stand below"),
    (
        "cost",
        "time per record relative to the row of its scenario that shows 1.00; blank where that cannot be compared",
    ),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One property of one case, over the trials in which it could be checked."""

    promised: bool
    broken: int
    checked: int

    def __str__(self) -> str:
        if self.broken:
            return f"{'✘' if self.promised else '~'} {self.broken} of {self.checked}"
        if not self.promised:
            return NOTHING
        return KEPT if self.checked else UNCHECKED


def cell(case: Document, asked: frozenset[Promise]) -> Cell:
    """What became of a property: of what the case promises of it, or of all of it where it promises none."""
    promised = asked & {Promise(name) for name in case["promises"]}
    wanted = promised or asked
    accounts = [Account.from_document(trial) for trial in case["trials"] if not trial["error"]]
    checked = [account for account in accounts if any(was_checked(account, promise) for promise in wanted)]
    broken = sum(1 for account in checked if broken_promises(account, wanted))
    return Cell(bool(promised), broken, len(checked))


def render(result: Document) -> str:
    """The matrix as text, what needs a word under it, and its legend."""
    rows = [_row(case, _name(case, result)) for case in result["cases"]]
    lines = tabulate(
        rows, _headers(), tablefmt="simple", disable_numparse=True, colalign=["left"] * len(_headers())
    ).splitlines()
    above = len(lines) - len(rows)
    titles = {one["name"]: one["title"] for one in result["scenario"]["scenarios"]}
    body, numbered = lines[:above], iter(lines[above:])
    for scenario, cases in groupby(result["cases"], _scenario):
        body += ["", f"{scenario}: {titles.get(scenario, '')}", *(next(numbered) for _ in cases)]
    opening = [AMPLIFIED, ""] if result["run"]["amplified"] else []
    legend = tabulate(LEGEND, tablefmt="plain")
    return "\n".join([*opening, *body, "", *_words(result), legend, "", footer(result)])


def render_markdown(result: Document) -> str:
    """The same as a Markdown table, for a README."""
    rows = []
    titles = {one["name"]: one["title"] for one in result["scenario"]["scenarios"]}
    for scenario, cases in groupby(result["cases"], _scenario):
        rows.append([f"**{scenario}**", *[""] * (len(COLUMNS) + 2), f"**{titles.get(scenario, '')}**"])
        rows += [_row(case, f"`{_name(case, result)}`") for case in cases]
    plain = [[click.unstyle(text).replace("|", "\\|") for text in row] for row in rows]
    headers = [name.replace("-\n", "").replace("\n", " ") for name in _headers()]
    matrix = tabulate(plain, headers, tablefmt="pipe", disable_numparse=True)
    legend = " · ".join(f"**{mark}** {meaning}" for mark, meaning in LEGEND)
    words = [f"- {line}" for line in _words(result) if line]
    return "\n".join([matrix, "", *words, *([""] if words else []), legend, "", footer(result)])


def _headers() -> list[str]:
    return ["case", "verdict", *(name for name, _ in COLUMNS), "cost", "what it does"]


def _row(case: Document, name: str) -> list[str]:
    cells = [NOTHING if case["skipped"] else str(cell(case, promises)) for _, promises in COLUMNS]
    return [name, _verdict(case), *cells, _cost(case["summary"]["relative_cost"]), case["description"]]


def _verdict(case: Document) -> str:
    marked = case["verdict"] if case["as_expected"] or case["skipped"] else f"{case['verdict']} !"
    return click.style(marked, fg=COLOURS[Verdict(case["verdict"])])


def _cost(cost: float | None) -> str:
    if cost is None:
        return ""
    return f"{cost:.2f}" if cost < 10 else f"{cost:,.0f}"


def _scenario(case: Document) -> str:
    return str(case["name"]).partition("/")[0]


def _name(case: Document, result: Document) -> str:
    """Without its scenario, which stands above; with its storage where there are several."""
    own = str(case["name"]).partition("/")[2]
    several = len({one["storage"] for one in result["cases"]}) > 1
    return f"{own} ({case['storage']})" if several else own


def _words(result: Document) -> Iterator[str]:
    """Why cases were skipped, or did not come out as expected; then an empty line."""
    off: Sequence[Document] = [case for case in result["cases"] if not case["as_expected"]]
    for case in off:
        expected = "" if case["skipped"] else f" (expected {case['expected']})"
        yield f"{case['name']}: {case['verdict']}{expected}: {'; '.join(case['reasons'])}"
    if off:
        yield ""
