"""What ``harness analyze`` found, as text: counts, the writers that lost something, the first anomalies."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tabulate import tabulate

MOST_ANOMALIES = 3
MOST_WRITERS = 12
MOST_GAPS = 4
Document = Mapping[str, Any]
BYTES = ("total", "nul", "nul_runs", "intact", "fragment", "extra", "hole", "foreign")
LINES = ("total", "matching", "malformed", "blank")
RECORDS = (
    "expected", "distinct", "duplicated", "missing", "missing_in_pieces", "reordered", "unexpected",
    "acknowledged", "intact", "interleaved", "truncated", "lost", "indeterminate", "phantom",
    "torn_copies",
)  # fmt: skip
ALWAYS = {"total", "nul", "matching", "malformed", "blank", "distinct", "duplicated", "missing", "reordered"}


def render(name: str, found: Document) -> str:
    """The document as text; ``name`` is the input's."""
    parts = [
        f"{'standard input' if name == '-' else name}: {'DAMAGED' if found['damaged'] else 'no damage found'}",
        "",
        tabulate(list(_counts(found)), tablefmt="plain", disable_numparse=True),
    ]
    if table := _writers(found["writers"]):
        parts += ["", table]
    parts += ["", *_anomalies(found["anomalies"])] if found["anomalies"] else []
    parts += [f"note: {note}" for note in found["notes"]]
    return "\n".join(parts)


def _counts(found: Document) -> Iterable[list[str]]:
    for what, keys in (("bytes", BYTES), ("lines", LINES), ("records", RECORDS)):
        counts = found[what]
        told = [key for key in keys if counts.get(key) or (key in ALWAYS and counts.get(key) is not None)]
        if told:
            yield [what, ", ".join(f"{counts[key]:,} {key.replace('_', ' ')}" for key in told)]


def _writers(writers: Sequence[Document]) -> str:
    """Those with something missing, doubled or out of order, with their gaps."""
    wrong = [one for one in writers if one["missing"] or one["duplicated"] or one["reordered"]]
    if not wrong:
        return ""
    rows = [
        [
            "-" if one["writer"] is None else _shown(one["writer"]),
            *("-" if one[key] is None else str(one[key]) for key in ("distinct", "duplicated", "missing", "reordered")),
            _gaps(one["gaps"]),
        ]
        for one in wrong[:MOST_WRITERS]
    ]
    headers = ("writer", "distinct", "duplicated", "missing", "reordered", "gaps")
    table = tabulate(rows, headers, tablefmt="simple", disable_numparse=True, colalign=["left", *["right"] * 4, "left"])
    left = len(wrong) - MOST_WRITERS
    return table + (f"\n... and {left} writers more" if left > 0 else "")


def _gaps(gaps: Sequence[Sequence[int]]) -> str:
    told = [str(first) if first == last else f"{first}-{last}" for first, last in gaps[:MOST_GAPS]]
    return ", ".join(told + ["..."] * (len(gaps) > MOST_GAPS))


def _anomalies(anomalies: Sequence[Document]) -> Iterable[str]:
    """The first of each kind, in the order in which the kinds appear."""
    kinds = {one["kind"]: at for at, one in reversed(list(enumerate(anomalies)))}
    ordered = sorted(anomalies, key=lambda one: kinds[one["kind"]])
    for kind, group in groupby(ordered, key=lambda one: one["kind"]):
        members = list(group)
        for one in members[:MOST_ANOMALIES]:
            yield _anomaly(one)
        if len(members) > MOST_ANOMALIES:
            yield f"... more {kind}: --json tells the first {len(members)}"


def _anomaly(one: Document) -> str:
    whose = "" if one["writer"] is None else f" writer {_shown(one['writer'])}"
    if one["seq"] is not None:
        last = one.get("last_seq")
        many = last is not None and last != one["seq"]
        whose += f" records {one['seq']}-{last}" if many else f" record {one['seq']}"
    where = "" if one["offset"] is None else f" at offset {one['offset']}"
    where += "" if one["length"] is None else f" ({one['length']} bytes)"
    named = ", ".join(f"{_shown(record['writer'] or '-')}/{record['seq']}" for record in one["records"])
    pieces = f"; holds pieces of writer/record {named}" if named else ""
    excerpt = f"\n    {one['excerpt']}" if one["excerpt"] else ""
    return f"{one['kind']}{whose}{where}: {one['cause']}{pieces}{excerpt}"


def _shown(name: str) -> str:
    """A writer's name with what a terminal would act on as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
