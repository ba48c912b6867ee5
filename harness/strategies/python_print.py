"""Prints each record to an unbuffered text stream, as ``python -u script.py >> shared.log`` does.

Promises an ordinary log. It is broken: ``-u`` makes the text layer write through to an unbuffered file, and
``print`` hands it the text and the newline separately, so that each record takes two ``write`` calls.

Storage: local file systems of one kernel.
Cost: twice the system calls of an append.
System calls: two ``write`` per record.
Source: CPython's Python/bltinmodule.c (print), -u in python(1).
"""

import io

from harness.strategies.base import Place, Session, Strategy


class PythonPrint(Strategy):
    """``print(record, file=…)`` on the very objects that ``python -u`` makes for stdout."""

    summary = "print() as under python -u: the newline is a write of its own"

    def open(self, place: Place) -> Session:
        raw = open(place.path(), "ab", buffering=0)  # noqa: SIM115 - closed by the session
        stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n", write_through=True)

        def write(data: bytes) -> int:
            print(data[:-1].decode("ascii"), file=stream)
            return len(data)

        return Session(write, stream.close)


STRATEGY = PythonPrint
