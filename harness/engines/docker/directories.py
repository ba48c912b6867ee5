"""A bind storage's own directory on the host: made for one run, removed with it.

The directory above it is the user's and stays as it is. What is made is named after its run, and nothing that
is named otherwise is ever removed, whatever a label says.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.engines.docker import layout, once
from harness.engines.docker.recipe import recipe
from harness.engines.docker.storage import Mounted, Storage
from harness.errors import EngineError, UsageError

if TYPE_CHECKING:
    from docker import APIClient

LABEL = "harness.directories"
"""On every container of the run: the paths as a JSON list, since a directory carries no labels itself."""


def label(paths: Iterable[str]) -> str:
    """The value of LABEL."""
    return json.dumps(list(paths))


def labelled(labels: Mapping[str, str], run_id: str) -> list[str]:
    """Directories of run ``run_id`` that a container's labels name and that are there."""
    try:
        paths = json.loads(labels.get(LABEL, "[]"))
    except ValueError:
        return []
    return [path for path in paths if isinstance(path, str) and _is_of(path, run_id) and Path(path).is_dir()]


def make(storage: Storage) -> None:
    """Create it, writable by members. Raises UsageError."""
    try:
        os.mkdir(storage.source)
        if os.geteuid() == 0:
            os.chown(storage.source, layout.USER_ID, layout.USER_ID)
        elif os.geteuid() != layout.USER_ID:
            os.chmod(storage.source, stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
    except OSError as error:
        raise UsageError(
            f"storage {storage.kind}: cannot create {storage.source} ({error.strerror})",
            "choose a directory that you can write to",
        ) from error


def remove(client: "APIClient", path: str, run_id: str) -> None:
    """Remove it with all that is in it. What members wrote belongs to their user, so where this process may not
    remove that, a container as that user does. Raises EngineError."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        return
    except PermissionError:
        inside = f"{layout.DATA}/bind"
        script = f"rm -rf {inside}/* {inside}/.[!.]*"
        once.run(client, recipe().image, run_id, ("/bin/bash", "-c", script), Mounted(path, inside, bind=True))
        try:
            os.rmdir(path)
        except OSError as error:
            raise EngineError(f"cannot remove {path}: {error.strerror}", "remove it yourself") from error


def _is_of(path: str, run_id: str) -> bool:
    return Path(path).name.startswith(f"harness-{run_id}-") and Path(path).is_absolute()
