"""How verdicts and numbers look in every table."""

from collections.abc import Mapping
from typing import Any

from harness.model import Verdict

COLOURS = {Verdict.SAFE: "green", Verdict.UNSAFE: "red", Verdict.INCONCLUSIVE: "yellow", Verdict.SKIPPED: "cyan"}


def percent(share: float) -> str:
    """A share, 0 to 1, as a percentage with two digits that count."""
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.2%}" if share < 0.01 else f"{share:.1%}"


def damage(summary: Mapping[str, Any]) -> tuple[float, tuple[float, float]] | None:
    """The damage rate and its interval: of reads where there were observers, else of records."""
    what = "damage_rate" if summary["read_damage_rate"] is None else "read_damage_rate"
    if summary[what] is None:
        return None
    low, high = summary[f"{what}_interval"]
    return summary[what], (low, high)


def damage_text(summary: Mapping[str, Any]) -> str:
    """The same in words."""
    if (found := damage(summary)) is None:
        return "-"
    rate, (low, high) = found
    return f"{percent(rate)} [{percent(low)}, {percent(high)}]"
