"""An SQLite connection as the strategies use it."""

import sqlite3

PATIENCE_S = 60.0


def connect(path: str, parameters: str = "") -> sqlite3.Connection:
    """A connection in autocommit mode that waits for locks. ``parameters``: those of SQLite's URI file names."""
    return sqlite3.connect(f"file:{path}?{parameters}", uri=True, timeout=PATIENCE_S, isolation_level=None)
