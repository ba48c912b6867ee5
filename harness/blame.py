"""Causes of loss that only the run knows: consumers that died, and what members counted of records they dropped.

To the analysis such a record is just gone. It is blamed only where the numbers fit exactly.
"""

from collections.abc import Mapping
from dataclasses import replace

from harness.errors import counted
from harness.model import Account, AnomalyKind

CONSUMER_DIED = "consumer died"
LOST_CAUSES = ("written at the same time as others", "run of records missing", "rotation", "unknown")
"""what the analysis says of lost records, which is weaker evidence"""


def blame_deaths(account: Account, deaths: int) -> Account:
    """The account with its lost records blamed on consumers that died, where there are no more of them than deaths.

    Only the run knows of the deaths; to the analysis such a record is just gone.
    """
    lost = account.records.lost
    if not 0 < lost <= deaths:
        return account
    return _blamed(
        account, CONSUMER_DIED, f"{lost} lost, {counted(deaths, 'consumer')} died holding one they had taken"
    )


def blame_losses(account: Account, told: Mapping[str, int]) -> Account:
    """The account with its lost records blamed on what members told of, where they told of exactly as many."""
    lost = account.records.lost
    for cause, count in told.items():
        if 0 < lost == count:
            return _blamed(account, cause, f"{lost} lost, and those who handled them know of as many")
    return account


def _blamed(account: Account, cause: str, evidence: str) -> Account:
    """All lost records have this cause."""
    why = f"{cause}: {evidence}"
    anomalies = tuple(replace(one, cause=why) if one.kind is AnomalyKind.LOST else one for one in account.anomalies)
    left = {other: count for other, count in account.causes.items() if other not in LOST_CAUSES}
    return replace(account, anomalies=anomalies, causes={cause: account.records.lost, **left})
