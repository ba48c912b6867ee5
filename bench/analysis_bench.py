"""How fast the analysis is, beside ``cksum`` and ``wc -l`` on the same files in the same run.

    python bench/analysis_bench.py [--bytes N] [--memory]

Prints GB/s, records/s, GB per second of processor time (which a busy machine changes less) and the ratio of
the time to those of ``cksum`` and ``wc -l``, for intact files and for files with
40 % of their records torn, with records of 64 B, 200 B, 4 KiB and mixed sizes, by one process and by two; with
``--memory``, peak memory of all processes at 1, 10 and 100 million records.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tabulate import tabulate

from harness.analysis.account import account
from harness.analysis.cells import SEQ_BITS, content

WRITERS = 8
RECORDS_AT_ONCE = 8192
MIXED = (64, 120, 200, 333, 900, 4096)
SHAPES: dict[str, tuple[int, ...]] = {
    "64 B": (64,),
    "200 B": (200,),
    "4 KiB": (4096,),
    "mixed": MIXED,
}


def records(first: int, count: int, sizes: Sequence[int]) -> list[bytes]:
    """Records number ``first`` and on of the whole file, writers taking turns, sizes drawn with a fixed seed."""
    number = np.arange(first, first + count)
    key = (number % WRITERS) << SEQ_BITS | number // WRITERS
    length = np.random.default_rng(first).choice(np.array(sizes), count)
    rows: list[bytes] = [b""] * count
    for size in sizes:
        chosen = np.flatnonzero(length == size)
        text = content(key[chosen], length[chosen], chosen * 0, -(-size // 16))[:, :size]
        for row, line in zip(chosen.tolist(), text, strict=True):
            rows[row] = line.tobytes()
    return rows


def torn(rows: list[bytes]) -> list[bytes]:
    """Of every five records two torn by two writes each: A's first half, B's first half, A's rest, B's rest."""
    pieces: list[bytes] = []
    for at in range(0, len(rows), 5):
        group = rows[at : at + 5]
        if len(group) == 5:
            a, b = group[0], group[1]
            i, j = len(a) // 2, len(b) // 2
            pieces += [a[:i], b[:j], a[i:], b[j:], *group[2:]]
        else:
            pieces += group
    return pieces


def make(path: Path, total: int, sizes: Sequence[int], damaged: bool) -> int:
    """A file of about ``total`` bytes; how many records are in it."""
    written = count = 0
    with path.open("wb") as file:
        while written < total:
            rows = records(count, RECORDS_AT_ONCE, sizes)
            written += file.write(b"".join(torn(rows) if damaged else rows))
            count += len(rows)
    return count


def seconds(command: Sequence[str]) -> float:
    """The best wall time of three runs of a program."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def analysed(path: Path, processes: int, count: int, damaged: bool) -> tuple[float, float]:
    """The best wall time, and the best processor time, of three analyses; their result is checked."""
    wall = processor = float("inf")
    for _ in range(3):
        start, spent = time.perf_counter(), cpu_seconds()
        found = account([path], processes=processes)
        wall = min(wall, time.perf_counter() - start)
        processor = min(processor, cpu_seconds() - spent)
        expected = count // RECORDS_AT_ONCE * (RECORDS_AT_ONCE // 5) * 2 if damaged else 0
        assert found.records.interleaved == expected, found.records
        assert found.records.intact == count - expected, found.records
        assert found.bytes.total == path.stat().st_size
    return wall, processor


def speed(directory: Path, total: int, shapes: Sequence[str]) -> None:
    """Print the table of speeds."""
    table = []
    path = directory / "bench.log"
    for name in shapes:
        for damaged in (False, True):
            count = make(path, total, SHAPES[name], damaged)
            size = path.stat().st_size
            cksum, lines = seconds(["cksum", str(path)]), seconds(["wc", "-l", str(path)])
            for processes in (1, 2):
                took, processor = analysed(path, processes, count, damaged)
                what = [name, "40 % torn" if damaged else "intact", processes]
                rates = [size / took / 1e9, count / took / 1e6, size / processor / 1e9]
                table.append([*what, *rates, took / cksum, took / lines, size / cksum / 1e9])
    headers = [
        "records",
        "file",
        "processes",
        "GB/s",
        "M records/s",
        "GB per CPU s",
        "x cksum",
        "x wc -l",
        "cksum GB/s",
    ]
    print(tabulate(table, headers, floatfmt=".2f"))


def _peak(path: Path, done: "multiprocessing.Queue[tuple[float, int, int]]") -> None:
    start = time.perf_counter()
    account([path], processes=2)
    took = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done.put((took, own, children))


def memory(directory: Path, damaged: bool, millions: Sequence[int]) -> None:
    """Print peak memory of the analysing process and of the bigger of its workers."""
    table = []
    path = directory / "bench.log"
    for million in millions:
        count = make(path, million * 1_000_000 * 64, (64,), damaged)
        context = multiprocessing.get_context("spawn")
        done = context.Queue()
        child = context.Process(target=_peak, args=(path, done))
        child.start()
        took, own, worker = done.get()
        child.join()
        table.append([count / 1e6, damaged, took, own / 1024, worker / 1024, (own + 2 * worker) / 1024])
    headers = ["M records of 64 B", "torn", "s", "MiB parent", "MiB worker", "MiB in all"]
    print(tabulate(table, headers, floatfmt=".1f"))


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description="speed and memory of the analysis")
    parser.add_argument("--bytes", type=int, default=500_000_000)
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--millions", nargs="*", type=int, default=[1, 10, 100])
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="analysis-bench-"))
    try:
        print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, numpy {np.__version__}")
        if arguments.memory:
            memory(directory, False, arguments.millions)
            memory(directory, True, [n for n in arguments.millions if n <= 10])
        else:
            speed(directory, arguments.bytes, arguments.shapes)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
