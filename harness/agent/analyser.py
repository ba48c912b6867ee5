"""The analyser: accounts for a trial beside the data, on a read-only mount."""

import dataclasses
import glob
from pathlib import Path
from typing import Any

from harness.agent.protocol import Channel
from harness.analysis.account import account as account_for
from harness.strategies import load

MOST_ANOMALIES = 5
"""of each kind, per trial: results keep the first, and counts of all"""


def describe(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """The type of the file system under each path."""
    return {"event": "described", "filesystems": {path: _filesystem(path) for path in job["paths"]}}


def account(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """The Account of one trial, as a dictionary."""
    supersedes = load(job["strategy"])(job["options"]).supersedes
    result = account_for(_files(job), Path(job["journals"]), limit=MOST_ANOMALIES, supersedes=supersedes)
    return {"event": "account", "account": dataclasses.asdict(result)}


def view(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """What a page shows of the trial."""
    from harness.analysis.view import view as view_of  # a run needs few of them

    supersedes = load(job["strategy"])(job["options"]).supersedes
    found = view_of(_files(job), Path(job["journals"]), job["anomalies"], supersedes=supersedes)
    return {"event": "view", "view": found}


def _files(job: dict[str, Any]) -> list[Path]:
    """The trial's files, in reading order."""
    files: list[Path] = []
    for pattern in load(job["strategy"])(job["options"]).files():
        found = sorted(glob.glob(f"{glob.escape(job['directory'])}/{pattern}"))
        files.extend(map(Path, found))
    return files


def _filesystem(path: str) -> str:
    """From /proc/self/mountinfo: the mount with the longest prefix of ``path``, the later of two equals."""
    best, kind = "", "unknown"
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields, _, rest = line.partition(" - ")
            mount = fields.split()[4]
            inside = path == mount or path.startswith(mount.rstrip("/") + "/")
            if inside and len(mount) >= len(best):
                best, kind = mount, rest.split()[0]
    return kind
