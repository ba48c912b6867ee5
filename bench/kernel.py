"""What the compiled inner loops gain: the same files analysed with them and with those in numpy, by one process.

Processor time is measured, and the best of several rounds counts, because what else a machine does adds to both.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from bench.analysis import SHAPES, Damage, Row, make
from harness.analysis import inner
from harness.analysis.account import account

FILE_BYTES = 24_000_000
ROUNDS = 5


def rows() -> Iterator[Row]:
    """GB per second of processor time: of the best round, of the slowest and the fastest."""
    kinds: dict[str, dict[str, Any]] = {"numpy": inner.NUMPY}
    if inner.COMPILED:
        kinds["compiled"] = {}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder:
        path = Path(folder) / "shared.log"
        for shape, sizes in SHAPES.items():
            for damage in (Damage.NONE, Damage.TORN):
                make(path, FILE_BYTES, sizes, damage)
                for kind, loops in kinds.items():
                    with mock.patch.dict(vars(inner), loops):
                        took = sorted(_processor_s(path) for _ in range(ROUNDS))
                    speed = [path.stat().st_size / one / 1e9 for one in took]
                    what = f"analysis, {shape}, {damage.value}, {kind}, GB/s of one processor"
                    yield what, f"{speed[0]:.2f}", f"{speed[-1]:.2f}-{speed[0]:.2f}", ""


def _processor_s(path: Path) -> float:
    start = time.process_time()
    account([path], processes=1)
    return time.process_time() - start
