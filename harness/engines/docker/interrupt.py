"""Finishing what must be finished, although the user presses Ctrl-C."""

import threading
import time
from collections.abc import Callable

DEADLINE_S = 90.0


def finish(action: Callable[[], None], deadline_s: float = DEADLINE_S) -> None:
    """Run ``action`` to its end; a KeyboardInterrupt meanwhile is raised afterwards.

    It runs in a thread of its own, as only the main thread is interrupted. After ``deadline_s`` an interrupt is
    obeyed at once. The end is waited for on an event: an interrupted `Thread.join` takes a living thread for ended.
    """
    failure: list[BaseException] = []
    ended = threading.Event()

    def work() -> None:
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            failure.append(error)
        finally:
            ended.set()

    deadline = time.monotonic() + deadline_s
    thread = threading.Thread(target=work, name="finish", daemon=True)
    interrupted = False
    while not ended.is_set():
        try:
            if thread.ident is None:
                thread.start()
            ended.wait()
        except KeyboardInterrupt:
            if time.monotonic() > deadline:
                raise
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    if failure:
        raise failure[0]
