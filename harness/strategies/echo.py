"""Appends with a real shell: bash's ``echo "$line" >> shared.log``.

Promises an ordinary log. Up to 4096 bytes, newline included, echo's output leaves bash's stdio buffer in one
``write``; beyond it takes two or more, and others come between.

Storage: local file systems of one kernel.
Cost: opening and closing the file for every record; what is measured includes the way to bash and back.
System calls per record: ``openat`` with O_APPEND, ``write`` per 4096 bytes, ``close``. The record reaches bash
through a file of its own and a one-byte signal, and bash answers with echo's exit status, so an acknowledgement is
echo's own.
Source: bash's builtins/echo.def; bash(1), REDIRECTION.
"""

import os
import subprocess

from harness.strategies.base import Place, Session, Strategy

SCRIPT = """
while read -r _; do
    mapfile -t line < "$1" && echo "${line[0]}" >> "$2"
    echo "$?" >&3
done
"""


class Echo(Strategy):
    """``echo >>`` in bash."""

    summary = "a real shell: bash's echo >> file"

    def open(self, place: Place) -> Session:
        record = os.open(f"{place.private}/record", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        answers, bash_answers = os.pipe()
        bash = subprocess.Popen(
            ["bash", "-c", f"exec 3>&{bash_answers} {bash_answers}>&-\n{SCRIPT}", "bash",
             f"{place.private}/record", place.path()],
            stdin=subprocess.PIPE, pass_fds=(bash_answers,), bufsize=0,
        )  # fmt: skip
        os.close(bash_answers)
        if bash.stdin is None:
            raise OSError("bash has no standard input")
        signal = bash.stdin.fileno()

        def write(data: bytes) -> int:
            os.pwrite(record, data, 0)
            os.ftruncate(record, len(data))
            os.write(signal, b"\n")
            status = os.read(answers, 16)
            if status != b"0\n":
                raise OSError(f"echo >> failed with status {status.decode() or 'none: bash is gone'}")
            return len(data)

        def close() -> None:
            os.close(signal)
            bash.wait(timeout=10)
            os.close(record)
            os.close(answers)

        return Session(write, close)


STRATEGY = Echo
