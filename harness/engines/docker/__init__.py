"""The Docker engine: writers are containers. The only part of the harness that imports `docker`.

Importing this package is free; the SDK (0.15 s) is imported when an engine connects.
"""
