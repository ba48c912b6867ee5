"""The observer as a process: it reads from the barrier until it is told to stop, and its log says what it saw."""

import errno
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.agent import observer
from harness.strategies.base import Reader, Rejected
from harness.trace.document import Saw, initial, version_of
from harness.trace.reads import ReadLog, file_name, load
from harness.trace.record import encode
from tests.agent.test_writer import Agent, job

DOCUMENTS = [encode(0, seq, 128) for seq in range(3)]


@pytest.fixture
def agent() -> Iterator[Agent]:
    one = Agent("observer")
    yield one
    one.close()


def observing(folder: Path, **changes: Any) -> dict[str, Any]:
    for name in ("data", "journals"):
        (folder / name).mkdir(exist_ok=True)
    asked = {"strategy": "document", "options": {}, "index": 1, "count": 2, "read_only": False, "private": None}
    return job(folder, **(asked | changes))


def column(folder: Path, name: str) -> tuple[int, ...]:
    raw = load(folder / "journals" / file_name(1)).columns[name]
    return struct.unpack(f"<{len(raw) // 8}q", raw)


def put(folder: Path, content: bytes) -> None:
    fresh = folder / "data/fresh"
    fresh.write_bytes(content)
    fresh.rename(folder / "data/document")


def test_it_reads_until_it_is_told_to_finish(agent: Agent, tmp_path: Path) -> None:
    ready = agent.ask(**observing(tmp_path))
    assert ready["event"] == "ready"
    start = time.monotonic_ns() + 20_000_000
    agent.send(op="go", start_ns=start)
    for content in (initial(), DOCUMENTS[0], DOCUMENTS[1]):
        put(tmp_path, content)
        time.sleep(0.05)
    put(tmp_path, DOCUMENTS[2])
    published = time.monotonic_ns()
    agent.send(op="finish")
    done = agent.receive()
    begin, end, saw, version = (column(tmp_path, name) for name in ("begin", "end", "saw", "version"))
    assert done == {"event": "done", "reads": len(begin), "notes": []}
    assert begin[0] >= start
    assert all(b <= e for b, e in zip(begin, end, strict=True))
    assert set(saw) <= {Saw.WHOLE, Saw.ABSENT}
    assert version_of(0, 1) in version
    assert begin[-1] > published, "one read begins after the last acknowledgement"
    assert version[-1] == version_of(0, 2)


def test_it_finishes_when_its_input_ends(agent: Agent, tmp_path: Path) -> None:
    agent.ask(**observing(tmp_path))
    agent.send(op="go", start_ns=0)
    assert agent.close() == 0


def test_a_write_that_is_possible_makes_a_read_only_case_unfit(agent: Agent, tmp_path: Path) -> None:
    ready = agent.ask(**observing(tmp_path, read_only=True))
    assert ready["unfit"] == "the observers' mount is not read-only: a write through it succeeded"
    assert list((tmp_path / "data").iterdir()) == []


def test_a_write_that_fails_otherwise_is_no_proof(agent: Agent, tmp_path: Path) -> None:
    asked = observing(tmp_path, read_only=True)
    (tmp_path / "data").rmdir()
    assert agent.ask(**asked)["unfit"] == "a write through the read-only mount failed with ENOENT instead of EROFS"


def test_a_refused_write_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "open", refuse)
    assert observer.probe("/anywhere") == {
        "notes": ["write through the read-only mount: EROFS (Read-only file system)"]
    }


def test_what_an_observer_refused_is_counted() -> None:
    def read() -> bytes:
        raise Rejected("broken")

    log = ReadLog(0, most=3)
    observer.watch(Reader(read, lambda: None), log, lambda: True)
    assert len(log) == 1, "the last read comes after the end was told"


def test_a_full_log_ends_the_reading_and_not_the_waiting() -> None:
    asked = iter([False, False, False, True])
    log = ReadLog(0, most=2)
    observer.watch(Reader(lambda: DOCUMENTS[0], lambda: None), log, lambda: next(asked))
    assert len(log) == 2


def test_a_known_document_is_told_from_one_that_only_begins_like_it() -> None:
    inspector = observer.Inspector()
    mixed = DOCUMENTS[0][:64] + DOCUMENTS[1][64:]
    seen = [inspector.inspect(data).saw for data in (DOCUMENTS[0], mixed, DOCUMENTS[0], DOCUMENTS[0][:64])]
    assert seen == [Saw.WHOLE, Saw.MIXED, Saw.WHOLE, Saw.PARTIAL]
