"""The timed loop tells a strategy whose ``write`` does not return what it wrote from a disk that is full."""

from pathlib import Path

import pytest

from harness.agent import loop
from harness.strategies.base import Session
from harness.trace.journal import JournalWriter


@pytest.mark.parametrize("guarded", [False, True])
@pytest.mark.parametrize(
    ("returned", "kind", "message"),
    [
        (None, TypeError, "write() returned None for record 4: it has to return the number of bytes written, here 64"),
        ("64", TypeError, "write() returned '64' for record 4: it has to return the number of bytes written"),
        (65, TypeError, "write() returned 65 for record 4: it has to return the number of bytes written, here 64"),
        (
            10,
            OSError,
            "short write: write() returned 10 of the 64 bytes of record 4: is the volume full? Or does write() not",
        ),
    ],
)
def test_what_write_returns_is_the_number_of_bytes(
    tmp_path: Path, guarded: bool, returned: object, kind: type[Exception], message: str
) -> None:
    lock = (lambda: None, lambda: None) if guarded else ()
    session = Session(lambda _: returned, lambda: None, *lock)  # type: ignore[arg-type,return-value] # wrong on purpose
    journal = JournalWriter(str(tmp_path), 0, 5)
    with pytest.raises(kind) as caught:
        loop.run(session, journal, [b"x" * 64], 4, None)
    assert str(caught.value).startswith(message)
    assert journal.acknowledged[4] == 0
    journal.close()
