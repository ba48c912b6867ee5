"""The stub agent as a command for containers, and the type of the fixture that starts fleets of it."""

from collections.abc import Callable
from pathlib import Path

from harness.engines.docker import layout
from harness.engines.docker.fleet import DockerFleet

STUB = (layout.PYTHON, "-S", "-c", Path(__file__).with_name("stub_agent.py").read_text())
Start = Callable[..., DockerFleet]
