"""The agent as a process: it greets, prepares, writes at the instant, keeps its journal, and tells of errors."""

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.trace.journal import file_name, read_header
from harness.trace.record import encode


class Agent:
    """One agent process and its two pipes."""

    def __init__(self, role: str = "writer") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.agent", role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.greeting = self.receive()

    def ask(self, **message: Any) -> dict[str, Any]:
        self.send(**message)
        return self.receive()

    def send(self, **message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> int:
        if self.process.stdin and not self.process.stdin.closed:
            self.process.communicate(timeout=10)
        return self.process.returncode


@pytest.fixture
def agent() -> Iterator[Agent]:
    one = Agent()
    yield one
    one.close()


def job(folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "op": "prepare", "trial": "t", "strategy": "append", "options": {"writes": 1}, "index": 3, "count": 8,
        "records": 10, "record_bytes": [64, 64], "duration_s": None, "seed": 1, "directory": str(folder / "data"),
        "journals": str(folder / "journals"), "services": {}, "private": str(folder / "private"),
    } | changes  # fmt: skip


def column(folder: Path, name: str, writer: int = 3) -> tuple[int, ...]:
    path = folder / "journals" / file_name(writer)
    header = read_header(path)
    return struct.unpack_from(f"<{header.capacity}q", path.read_bytes(), header.column_offset(name))


def test_it_greets_and_ends_with_its_input(agent: Agent) -> None:
    assert agent.greeting["event"] == "hello"
    assert agent.greeting["pid"] == agent.process.pid
    assert agent.close() == 0


def test_it_writes_what_it_was_told_and_notes_it(agent: Agent, tmp_path: Path) -> None:
    assert agent.ask(**job(tmp_path))["event"] == "ready"
    start = time.monotonic_ns() + 20_000_000
    done = agent.ask(op="go", start_ns=start)
    assert done == {"event": "done", "attempted": 10, "rejected": 0, "notes": [], "losses": {}}
    assert (tmp_path / "data/shared.log").read_bytes() == b"".join(encode(3, seq, 64) for seq in range(10))
    begin, acknowledged = column(tmp_path, "begin"), column(tmp_path, "acknowledged")
    assert begin[0] >= start
    assert all(b < a for b, a in zip(begin, acknowledged, strict=True))
    assert column(tmp_path, "length") == (64,) * 10
    assert column(tmp_path, "enter") == (0,) * 10


def test_a_critical_section_lies_within_its_operation(agent: Agent, tmp_path: Path) -> None:
    agent.ask(**job(tmp_path, strategy="flock", options={}))
    agent.ask(op="go", start_ns=0)
    times = zip(*(column(tmp_path, name) for name in ("begin", "enter", "leave", "acknowledged")), strict=True)
    assert all(0 < b <= e <= leave <= a for b, e, leave, a in times)


def test_sizes_of_a_range_follow_the_seed(tmp_path: Path) -> None:
    lengths: list[tuple[int, ...]] = []
    for seed in (1, 1, 2):
        one = Agent()
        folder = tmp_path / str(len(lengths))
        one.ask(**job(folder, record_bytes=[32, 4000], seed=seed))
        one.ask(op="go", start_ns=0)
        one.close()
        lengths.append(column(folder, "length"))
    assert lengths[0] == lengths[1] != lengths[2]
    assert all(32 <= length <= 4000 for length in lengths[0])


def test_a_duration_ends_the_trial(agent: Agent, tmp_path: Path) -> None:
    agent.ask(**job(tmp_path, records=2_000_000, duration_s=0.05))
    done = agent.ask(op="go", start_ns=time.monotonic_ns())
    written = (tmp_path / "data/shared.log").stat().st_size // 64
    assert 0 < done["attempted"] < 2_000_000
    assert written == done["attempted"] == sum(1 for t in column(tmp_path, "acknowledged") if t)


def test_what_goes_wrong_is_told_in_one_line(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/shared.log").mkdir()
    answer = agent.ask(**job(tmp_path))
    assert answer["event"] == "error"
    assert "shared.log" in answer["message"]
    assert "\n" not in answer["message"]


def test_a_full_disk_is_told_and_the_record_is_not_acknowledged(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/shared.log").symlink_to("/dev/full")
    agent.ask(**job(tmp_path))
    answer = agent.ask(op="go", start_ns=0)
    assert answer["event"] == "error"
    assert "No space left on device" in answer["message"]
    assert column(tmp_path, "begin")[0] > 0
    assert column(tmp_path, "acknowledged") == (0,) * 10


def test_its_journal_survives_sigkill(agent: Agent, tmp_path: Path) -> None:
    agent.ask(**job(tmp_path, records=500_000, duration_s=30))
    agent.send(op="go", start_ns=time.monotonic_ns())
    log = tmp_path / "data/shared.log"
    deadline = time.monotonic() + 20
    while log.stat().st_size < 64_000 and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(agent.process.pid, signal.SIGKILL)
    assert agent.close() == -signal.SIGKILL
    attempted = sum(1 for t in column(tmp_path, "begin") if t)
    acknowledged = sum(1 for t in column(tmp_path, "acknowledged") if t)
    assert attempted - acknowledged in (0, 1)
    assert acknowledged <= log.stat().st_size // 64 <= attempted


def test_printing_does_not_disturb_the_protocol(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from harness.agent.protocol import Channel\n"
        "channel = Channel.from_stdio()\n"
        "print('noise', flush=True); os.system('echo more noise')\n"
        "channel.send({'a': 1})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=tmp_path)
    assert done.stdout == b'{"a": 1}\n'
    assert b"more noise" in done.stderr
