"""Real servers that a strategy coordinates through, one file each; the engine starts them on the run's
private network.

Standard library only, as strategies import it.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One server: how to start it and how to know that it is up.

    ``argv`` starts with the program's name, which the image provides under ``binaries``; the
    strings ``{port}`` and ``{directory}`` in it are filled in (``directory``: the server's own
    storage). ``find`` returns the program's path on this host, or None; it is what a packed image
    takes it from. ``ready_line`` is what the server prints when it takes connections.
    """

    name: str
    argv: tuple[str, ...]
    port: int
    ready_line: str
    find: Callable[[], str | None]
    remedy: str
    official_image: str


def load(name: str) -> Service:
    """The service that the module of that name holds as ``SERVICE``."""
    service: Service = importlib.import_module(f"{__name__}.{name}").SERVICE
    return service
