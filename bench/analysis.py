"""The analysis beside ``cksum`` and ``wc -l`` on the same files in the same run: speed, and peak memory.

``HARNESS_BENCH_BYTES`` sets the size of the files (default 400 MB). Files are read from the page cache.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.account import account
from harness.analysis.cells import SEQ_BITS, content

WRITERS = 8
FILE_BYTES = int(os.environ.get("HARNESS_BENCH_BYTES", "400000000"))
RECORDS_AT_ONCE = 8190
ROUNDS = 5
SHAPES: dict[str, tuple[int, ...]] = {
    "64 B": (64,),
    "200 B": (200,),
    "4 KiB": (4096,),
    "mixed": (64, 120, 200, 333, 900, 4096),
}


class Damage(Enum):
    """What is wrong with two of every five records."""

    NONE = "intact"
    TORN = "40 % torn"
    CUT = "40 % cut short"
    ANYWHERE = "40 % torn at any byte"
    OVERWRITTEN = "40 % overwritten in part"


TARGETS = {("200 B", damage): ">= 1.0" if damage is Damage.NONE else ">= 0.3" for damage in Damage}
OFTEN = (Damage.NONE, Damage.TORN, Damage.CUT)
"""What is measured with records of all sizes; the others with those of 200 bytes."""
MILLIONS = (1, 10, 100)
MEMORY_RECORD_BYTES = 32
MEMORY_TARGET = "<= 512"

Row = tuple[str, str, str, str]


def rows() -> Iterator[Row]:
    """What was measured, its median, its range, and the target."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder:
        path = Path(folder) / "shared.log"
        for shape in SHAPES:
            for damage in Damage if shape == "200 B" else OFTEN:
                yield from _speed(path, shape, damage)
        for million in MILLIONS:
            yield _memory(path, million, Damage.NONE)
        for damage in (Damage.TORN, Damage.CUT):
            yield _memory(path, 10, damage)


def _speed(path: Path, shape: str, damage: Damage) -> Iterator[Row]:
    """Speed by one process and by two; then the time of both programs in units of which ours is given."""
    count = make(path, FILE_BYTES, SHAPES[shape], damage)
    size = path.stat().st_size
    took: dict[str, list[float]] = {"cksum": [], "wc -l": [], "1 process": [], "2 processes": [], "processor": []}
    for _ in range(ROUNDS):
        took["cksum"].append(_seconds(lambda: _run("cksum", path)))
        took["wc -l"].append(_seconds(lambda: _run("wc", "-l", path)))
        took["1 process"].append(_seconds(lambda: _analyse(path, 1, count, damage)))
        spent = _processor_s()
        took["2 processes"].append(_seconds(lambda: _analyse(path, 2, count, damage)))
        took["processor"].append(_processor_s() - spent)
    what = f"analysis, {shape}, {damage.value}"
    for who in ("1 process", "2 processes"):
        target = TARGETS.get((shape, damage), "") if who == "2 processes" else ""
        yield _row(f"{what}, {who}, GB/s", [size / one / 1e9 for one in took[who]], target)
        yield _row(f"{what}, {who}, million records/s", [count / one / 1e6 for one in took[who]])
    yield _row(f"{what}, 2 processes, GB per second of processor time", [size / one / 1e9 for one in took["processor"]])
    for program in ("cksum", "wc -l"):
        ratios = [ours / its for ours, its in zip(took["2 processes"], took[program], strict=True)]
        yield _row(f"{what}, 2 processes, time / {program}", ratios)


def _row(what: str, values: Sequence[float], target: str = "") -> Row:
    return what, f"{statistics.median(values):.2f}", f"{min(values):.2f}-{max(values):.2f}", target


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _processor_s() -> float:
    """Processor time of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _analyse(path: Path, processes: int, count: int, damage: Damage) -> None:
    """Analyse, and check the result: what is not right may be any speed."""
    found = account([path], processes=processes).records
    damaged = 0 if damage is Damage.NONE else count // 5 * 2
    torn = damaged if damage in (Damage.TORN, Damage.ANYWHERE) else 0
    told = found.interleaved >= 0.99 * torn if damage is Damage.ANYWHERE else found.interleaved == torn
    if not told or (found.intact, found.interleaved + found.truncated) != (count - damaged, damaged):
        raise AssertionError(f"{damaged} of {count} records: {damage.value}, but found were {found}")


def _memory(path: Path, million: int, damage: Damage) -> Row:
    size = MEMORY_RECORD_BYTES if damage is Damage.NONE else 2 * MEMORY_RECORD_BYTES
    count = make(path, million * 1_000_000 * size, (size,), damage)
    program = "import sys; from bench.analysis import tell_peak; tell_peak(sys.argv[1])"
    command = (sys.executable, "-c", program, str(path))
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    own, worker = map(int, told.split())
    total = f"{(own + 2 * worker) / 1024:.0f}"
    which = "" if damage is Damage.NONE else f", {damage.value}"
    what = f"analysis, {count / 1e6:.0f} million records{which}: peak memory of 3 processes, MiB"
    return what, total, f"{own / 1024:.0f} + 2 x {worker / 1024:.0f}", MEMORY_TARGET


def tell_peak(path: str) -> None:
    """Print the peak memory, in KiB, of an analysis by two processes: of this one, and of the bigger worker."""
    account([Path(path)], processes=2)
    # Not ru_maxrss for this process: that starts with what its parent had at the fork.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def make(path: Path, total: int, sizes: Sequence[int], damage: Damage) -> int:
    """A file of about ``total`` bytes, before what is cut off; how many records are in it."""
    written = count = 0
    with path.open("wb") as file:
        while written < total:
            texts = _records(count, sizes)
            written += sum(text.size for text in texts.values())
            if len(sizes) == 1 and damage is Damage.NONE:
                file.write(texts[sizes[0]].tobytes())
            else:
                file.write(b"".join(_DAMAGED[damage](_in_turn(texts, count, sizes))))
            count += RECORDS_AT_ONCE
    return count


def _lengths(first: int, sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.random.default_rng(first).choice(np.array(sizes), RECORDS_AT_ONCE)


def _records(first: int, sizes: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
    """Records number ``first`` and on of the whole file, writers taking turns: by length, one row each."""
    number = np.arange(first, first + RECORDS_AT_ONCE)
    key, length = (number % WRITERS) << SEQ_BITS | number // WRITERS, _lengths(first, sizes)
    found = {}
    for size in sizes:
        own = np.flatnonzero(length == size)
        found[size] = content(key[own], length[own], np.zeros(own.size, np.int64), -(-size // 16))[:, :size]
    return found


def _in_turn(texts: dict[int, NDArray[np.uint8]], first: int, sizes: Sequence[int]) -> list[bytes]:
    queues = {size: iter(text) for size, text in texts.items()}
    return [next(queues[size]).tobytes() for size in _lengths(first, sizes).tolist()]


def _torn(lines: list[bytes]) -> list[bytes]:
    """Of every five records two are written by two writes each: A's first half, B's, A's second half, B's."""
    pieces: list[bytes] = []
    for at in range(0, len(lines), 5):
        one, other, *rest = lines[at : at + 5]
        i, j = len(one) // 2, len(other) // 2
        pieces += [one[:i], other[:j], one[i:], other[j:], *rest]
    return pieces


def _cut(lines: list[bytes]) -> list[bytes]:
    """Of every five records two have only their first half."""
    return [line[: len(line) // 2] if at % 5 < 2 else line for at, line in enumerate(lines)]


def _torn_anywhere(lines: list[bytes]) -> list[bytes]:
    """As ``_torn``, each record cut at a byte of its own."""
    chance = np.random.default_rng(len(lines))
    pieces: list[bytes] = []
    for at in range(0, len(lines), 5):
        one, other, *rest = lines[at : at + 5]
        i, j = (int(chance.integers(1, len(line))) for line in (one, other))
        pieces += [one[:i], other[:j], one[i:], other[j:], *rest]
    return pieces


def _overwritten(lines: list[bytes]) -> list[bytes]:
    """Of every five records two have up to 60 bytes of something else in them."""
    chance = np.random.default_rng(len(lines))
    return [_with(line, chance) if at % 5 < 2 else line for at, line in enumerate(lines)]


def _with(line: bytes, chance: np.random.Generator) -> bytes:
    size = int(chance.integers(5, 60))
    at = int(chance.integers(0, len(line) - size))
    return line[:at] + chance.bytes(size) + line[at + size :]


_DAMAGED: dict[Damage, Callable[[list[bytes]], list[bytes]]] = {
    Damage.NONE: lambda lines: lines,
    Damage.TORN: _torn,
    Damage.CUT: _cut,
    Damage.ANYWHERE: _torn_anywhere,
    Damage.OVERWRITTEN: _overwritten,
}
