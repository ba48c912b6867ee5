"""Holds a server process for the local engine: it ends when the harness ends, however that happens."""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Sequence

from harness.agent.protocol import Channel


def serve(channel: Channel, argv: Sequence[str]) -> None:
    """Start ``argv`` (ready line first), greet once it is up, stop it when stdin ends."""
    ready_line, *command = argv
    # Redis 8 refuses to start under a locale that is named but not installed.
    environment = os.environ | {"LC_ALL": "C"}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    words: list[str] = []
    if server.stdout is None:
        raise OSError("the server has no standard output")
    try:
        for raw in server.stdout:
            words.append(raw.decode(errors="replace").strip())
            if ready_line in words[-1]:
                break
        else:
            channel.send({"event": "error", "message": f"{os.path.basename(command[0])}: {' / '.join(words[-3:])}"})
            return
        threading.Thread(target=deque, args=(server.stdout, 0), daemon=True).start()
        channel.send({"event": "hello", "role": "server", "pid": server.pid})
        channel.receive()
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
