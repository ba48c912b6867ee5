"""Tells whether several containers can share one volume safely, by trying it and accounting for every byte.

This module stays empty of imports: the agent inside a container imports the package too, and its
start-up is paid once per writer.
"""

__version__ = "0.1.0"
