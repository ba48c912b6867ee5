"""Stands for harness.agent in tests of the docker engine: greets, then does what each line says.

Runs inside the image's containers, given to Python as text, so it imports the standard library only.
"""

import json
import os
import sys
from pathlib import Path


def answer(job: dict[str, object]) -> dict[str, object]:
    """One job; what it returns is sent back."""
    op, path, text = job["op"], str(job.get("path", "")), str(job.get("text", ""))
    if op == "echo":
        return {"echo": job["text"]}
    if op == "write":
        with Path(path).open("a") as file:
            file.write(text)
        return {"size": Path(path).stat().st_size}
    if op == "read":
        return {"text": Path(path).read_text()}
    if op == "make":
        Path(path).mkdir(parents=True)
        return {}
    if op == "exit":
        print(text, file=sys.stderr, flush=True)
        os._exit(int(str(job["status"])))
    if op == "eat":
        hog = [bytearray(b"x" * 2**20) for _ in range(4096)]
        return {"ate": len(hog)}
    if op == "silence":
        return dict(json.loads(sys.stdin.readline()))
    if op == "describe":
        return {"filesystems": dict.fromkeys(map(str, list(job["paths"])), "stub")}  # type: ignore[call-overload]
    if op == "resolve":
        import socket

        with socket.create_connection((str(job["host"]), int(str(job["port"]))), timeout=5) as peer:
            peer.sendall(b"PING\r\n")
            return {"text": peer.recv(100).decode()}
    return {"error": f"unknown {op}"}


def main() -> None:
    """Greet, then answer line by line until stdin ends."""
    unwritable = [path for path in sys.argv[2:] if not os.access(path, os.W_OK)]
    print(json.dumps({"event": "hello", "role": sys.argv[1], "unwritable": unwritable}), flush=True)
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except OSError as error:
            reply = {"error": str(error)}
        print(json.dumps(reply), flush=True)


main()
