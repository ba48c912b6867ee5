"""Holds a server process for the local engine: it ends when the harness ends, however that happens."""

from harness import services
from harness.agent.protocol import Channel
from harness.services import process


def serve(channel: Channel, name: str, directory: str, host: str, port: str) -> None:
    """Start the service of that name, greet once it is up, stop it when stdin ends."""
    try:
        server = process.start(services.load(name), directory, host, int(port))
    except process.NotStarted as error:
        channel.send({"event": "error", "message": str(error)})
        return
    channel.send({"event": "hello", "role": "server"})
    channel.receive()
    server.stop()
