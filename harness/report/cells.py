"""How verdicts and numbers look in every table."""

from harness.model import Verdict

COLOURS = {Verdict.SAFE: "green", Verdict.UNSAFE: "red", Verdict.INCONCLUSIVE: "yellow", Verdict.SKIPPED: "cyan"}


def percent(share: float) -> str:
    """A share, 0 to 1, as a percentage with two digits that count."""
    if 0 < share < 0.0001:
        return "<0.01%"
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.2%}" if share < 0.01 else f"{share:.1%}"
