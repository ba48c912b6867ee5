"""``make bench``: prints each figure beside its target. ``python -m bench loops`` measures one part."""

import importlib
import sys

from tabulate import tabulate

PARTS = ("loops", "runs", "analysis", "kernel")
HEADERS = ("what", "median", "range", "target")


def main(chosen: list[str]) -> None:
    """Measure the parts and print one table each."""
    for part in chosen or PARTS:
        rows = importlib.import_module(f"bench.{part}").rows()
        print(tabulate(rows, HEADERS, disable_numparse=True), end="\n\n", flush=True)


main(sys.argv[1:])
