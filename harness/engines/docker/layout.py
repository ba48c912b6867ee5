"""Where things lie inside the image, and who runs there."""

USER_ID = 1000
USER = f"{USER_ID}:{USER_ID}"
PYTHON = "/usr/local/bin/python"
LIBRARIES = "/opt/lib"
PROGRAMS = "/opt/bin"
PACKAGES = "/opt/packages"
APPLICATION = "/opt/harness"
DATA = "/data"
READ_ONLY = "/read-only"
JOURNALS = "/journal"

ENVIRONMENT = {
    "PATH": f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin",
    "LD_LIBRARY_PATH": LIBRARIES,
    "PYTHONPATH": f"{APPLICATION}:{PACKAGES}",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "LANG": "C",  # no other locale is packed, and Redis 8 refuses to start under one that is missing
    "HOME": "/tmp",
}
"""PYTHONPATH holds all there is, so Python starts with -S, which saves the site module."""

AGENT = (PYTHON, "-S", "-m", "harness.agent")
MOUNT_POINTS = ("service", "volume", "bind", "tmpfs", "image-xfs", "image-btrfs", "image-ext4")
"""Directories below DATA that exist in the image, owned by USER_ID: the engine gives a fresh volume
the owner of the directory that it is mounted on."""
