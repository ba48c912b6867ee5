"""The Docker engine: writers are containers. The only part of the harness that imports `docker`.

Importing this package is cheap; the SDK (0.1 s) is imported when a connection is made.
"""

from harness.engines.docker.cleanup import Cleaned, clean, find_leftovers
from harness.engines.docker.client import connect, docker_available
from harness.engines.docker.engine import DockerEngine
from harness.engines.docker.image import (
    ImageDescription,
    build_image,
    describe_image,
    prune_images,
    remove_images,
)

__all__ = [
    "Cleaned",
    "DockerEngine",
    "ImageDescription",
    "build_image",
    "clean",
    "connect",
    "describe_image",
    "docker_available",
    "find_leftovers",
    "prune_images",
    "remove_images",
]
