"""The job loop of one member, whatever its role."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from harness.agent.protocol import LINGER, Channel


def main(role: str) -> None:
    """Serve jobs until stdin ends."""
    channel = Channel.from_stdio()
    if role == "server":
        from harness.agent.server import serve

        serve(channel, *sys.argv[2:])
        return
    handlers = _handlers(role)
    channel.send(
        {
            "event": "hello",
            "role": role,
            "pid": os.getpid(),
            "monotonic_ns": time.monotonic_ns(),
            "unwritable": [path for path in sys.argv[2:] if not os.access(path, os.W_OK)],
        }
    )
    while (job := channel.receive()) is not None:
        try:
            answer = handlers[job["op"]](job, channel)
        except Exception as error:
            import traceback

            traceback.print_exc()
            answer = {"event": "error", "message": f"{type(error).__name__}: {error}"}
        channel.send(answer)


def _handlers(role: str) -> Mapping[str, Callable[[dict[str, Any], Channel], dict[str, Any]]]:
    """What a role can do. Each role imports only its own module."""
    if role == "writer":
        from harness.agent import writer

        return {"prepare": writer.prepare, "go": writer.go, "collect": writer.collect, "remove": writer.remove}
    if role == "consumer":
        from harness.agent import consumer

        return {"prepare": consumer.prepare, "go": consumer.go}
    if role == "observer":
        from harness.agent import observer

        return {"prepare": observer.prepare, "go": observer.go}
    from harness.agent import analyser

    return {"describe": analyser.describe, "account": analyser.account, "view": analyser.view}


try:
    main(sys.argv[1])
finally:
    time.sleep(float(os.environ.get(LINGER, "0")))
