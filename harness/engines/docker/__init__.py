"""The Docker engine: writers are containers. The only part of the harness that imports `docker`.

Importing these modules is cheap; the SDK (0.1 s) is imported when a connection is made.
"""
