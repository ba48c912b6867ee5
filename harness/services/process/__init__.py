"""A server as a process of this one's: started, waited for, listened to, stopped."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from harness.services import Service

NOBODY = 65534
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0
MOST_WORDS = 50
SHOWN_WORDS = 4
COMPLAINTS = ("FATAL", "PANIC", "[ERROR]", "Bad file format")
"""by these a line is told to say what is wrong"""


class NotStarted(Exception):
    """The server did not start; the message is what it said."""


class Server:
    """A server that takes connections."""

    def __init__(self, service: Service, process: subprocess.Popen[bytes], turned_away: str) -> None:
        self._service = service
        self._process = process
        self._turned_away = turned_away
        self._words: deque[str] = deque(maxlen=MOST_WORDS)
        self._told = threading.Event()
        self._ready = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def wait_until_ready(self, timeout_s: float) -> None:
        """Return once it takes connections. Raises NotStarted when it ended, was turned away, or took too long."""
        self._told.wait(timeout_s)
        if not self._ready:
            self.stop(patience_s=0)
            raise NotStarted(self.words() or f"was not ready within {timeout_s:g} s")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def words(self) -> str:
        """Its first complaint and what it said next, else its last words."""
        said = list(self._words)
        first = next((at for at, word in enumerate(said) if any(sign in word for sign in COMPLAINTS)), -2)
        return " / ".join(said[first:][:SHOWN_WORDS])

    def said(self, part: str) -> str:
        """The first of its words that hold ``part``, or nothing."""
        return next((word for word in list(self._words) if part in word), "")

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    def stop(self, patience_s: float = STOP_TIMEOUT_S) -> None:
        """End it in order, and after ``patience_s`` out of order."""
        if not self.ended():
            self._process.send_signal(self._service.stop_signal if patience_s else signal.SIGKILL)
        try:
            self._process.wait(patience_s or None)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _listen(self) -> None:
        for raw in self._process.stdout or ():
            line = raw.decode(errors="replace").strip()
            self._words.append(line)
            self._ready = self._ready or self._service.ready_line in line
            if self._ready or (self._turned_away and self._turned_away in line):
                self._told.set()
        self._told.set()


def start(
    service: Service,
    directory: str,
    host: str = "127.0.0.1",
    port: int = 0,
    more: Sequence[str] = (),
    *,
    fresh: bool = True,
    turned_away: str = "",
    timeout_s: float = READY_TIMEOUT_S,
) -> Server:
    """Start ``service`` in ``directory``, and return once it takes connections. Raises NotStarted.

    ``fresh``: whether its data have to be made first. ``turned_away``: what it prints when it finds
    the data in use and tries again, which counts as not started.
    """
    program = service.find()
    if program is None:
        raise NotStarted(f"no {service.name} server here: {service.remedy}")
    user = NOBODY if os.geteuid() == 0 and not service.as_root else None
    if user is not None:
        os.chown(directory, user, user)
    command = [program, *service.command(host, port, directory, more)[1:]]
    if fresh:
        command = service.with_setup(command, directory)
    launch = [sys.executable, "-S", "-P", str(Path(__file__).with_name("launch.py"))]
    process = subprocess.Popen(
        [*launch, str(os.getpid()), str(int(service.stop_signal)), "-" if user is None else str(user), *command],
        env=_environment(program),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    server = Server(service, process, turned_away)
    server.wait_until_ready(timeout_s)
    return server


def _environment(program: str) -> dict[str, str]:
    """This process's, with the programs beside ``program``. A locale that is named but not installed
    keeps Redis 8 from starting."""
    beside = Path(program).resolve().parent
    return os.environ | {"LC_ALL": "C", "PATH": f"{beside}:{os.environ.get('PATH', os.defpath)}"}
