"""Real servers that a strategy coordinates through, one file each; the engine starts them on the run's
private network, or a strategy starts one of its own on the storage under test.

Standard library only, as strategies import it.
"""

import importlib
import pkgutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfficialImage:
    """An image that carries the server: the user that it runs as, and the folder that is this user's."""

    name: str
    user: str
    directory: str


def no_files(_program: str) -> tuple[str, ...]:
    """For a program that needs nothing but itself and the libraries that it links to."""
    return ()


@dataclass(frozen=True, slots=True)
class Service:
    """One server: how to start it and how to know that it is up.

    ``argv`` starts with the program's name, which the image provides under ``binaries``; the
    strings ``{host}``, ``{port}`` and ``{directory}`` in it are filled in (``directory``: the server's own
    storage). ``setup``: shell commands that make its data there, run once in that directory. ``find`` returns the
    program's path on this host, or None; it is what a packed image takes it from, together with ``files`` (program ->
    files and folders that it looks for at these very paths). ``ready_line`` is what the server prints when it
    takes connections, ``stop_signal`` what makes it end in order. ``as_root``: whether it consents to run as root.
    """

    name: str
    argv: tuple[str, ...]
    port: int
    ready_line: str
    find: Callable[[], str | None]
    remedy: str
    official_image: OfficialImage
    setup: str = ""
    files: Callable[[str], tuple[str, ...]] = no_files
    stop_signal: signal.Signals = signal.SIGTERM
    as_root: bool = True

    def command(self, host: str, port: int, directory: str, more: Sequence[str] = ()) -> list[str]:
        """The server's own command line, ``more`` arguments last."""
        return [*(part.format(host=host, port=port, directory=directory) for part in self.argv), *more]

    def with_setup(self, command: Sequence[str], directory: str) -> list[str]:
        """``command`` on a directory that is still empty: a shell that sets it up and becomes the server."""
        shell = ("/bin/sh", "-ec", f'cd "$0"\n{self.setup}\nexec "$@"', directory)
        return [*(shell if self.setup else ()), *command]


def names() -> list[str]:
    """All services that there are, sorted: the modules here. Packages are none."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def load(name: str) -> Service:
    """The service that the module of that name holds as ``SERVICE``."""
    service: Service = importlib.import_module(f"{__name__}.{name}").SERVICE
    return service
