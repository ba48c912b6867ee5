"""Pauses between steps: where they are wanted, by seed, changing nothing of what steps do; nothing at all when off."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agent.test_writer import Agent, job

OBSERVED = """
import json, os, sys
from harness.agent import amplify
slept, yielded = [], []
amplify._sleep, amplify._yield = slept.append, lambda: yielded.append(1)
amplify.install()
"""


def observed(script: str, *arguments: object) -> Any:
    """What ``script`` prints as JSON, in a process of its own with pauses that are only noted."""
    command = [sys.executable, "-c", OBSERVED + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_steps_pause_only_where_they_are_told_to_and_by_seed(tmp_path: Path) -> None:
    script = """
from harness.strategies import load
from harness.strategies.base import Place
place = Place(sys.argv[1], "/tmp", 0, 1, "t", 1, {})
session = load("append")({"writes": 2}).open(place)
def write(): [session.write(b"x" * 64) for _ in range(2000)]
write()
told = [len(slept), len(yielded)]
for seed in ("a", "a", "b"):
    slept.clear(), yielded.clear()
    with amplify.on(seed):
        write()
    told.append([slept[:], len(yielded)])
print(json.dumps(told))
"""
    sleeps, yields, first, again, other = observed(script, tmp_path)
    assert (sleeps, yields) == (0, 0)
    assert first == again != other
    assert 4000 * 0.03 < len(first[0]) < 4000 * 0.07
    assert 4000 * 0.12 < first[1] < 4000 * 0.18
    assert max(first[0]) <= 200e-6


def test_open_gives_what_it_always_gave(tmp_path: Path) -> None:
    script = """
import _io, builtins
path = sys.argv[1] + "/file"
def opened(open_, *arguments, **named):
    try:
        with open_(path, *arguments, **named) as file:
            mode = arguments[0]
            if "r" in mode and "+" not in mode:
                did = repr(file.read())
            else:
                did = file.write("ä\\nx" if "b" not in mode else b"bytes")
            layers = [type(one).__name__.replace("PausingFile", "FileIO") for one in
                      (file, getattr(file, "buffer", None), getattr(getattr(file, "buffer", None), "raw", None))]
            return [did, layers, file.mode, getattr(file, "encoding", None), getattr(file, "line_buffering", None)]
    except Exception as error:
        return [type(error).__name__, str(error)]
def contents():
    return _io.open(path, "rb").read().hex() if os.path.exists(path) else None
calls = [(m, {"buffering": b}) for m in ("w", "a", "r", "r+", "wb", "ab", "rb", "rb+", "x", "xb", "w+b")
         for b in (-1, 0, 1, 7)] + [("w", {"encoding": "ascii"}), ("r", {"encoding": "utf-8", "newline": ""})]
import warnings; warnings.simplefilter("ignore")
told = []
for open_ in (_io.open, builtins.open):
    if os.path.exists(path): os.unlink(path)
    told.append([[mode, named, opened(open_, mode, **named), contents()] for mode, named in calls])
assert builtins.open is not _io.open
print(json.dumps(told))
"""
    plain, pausing = observed(script, tmp_path)
    assert pausing == plain


@pytest.mark.parametrize(("amplify", "replaced"), [(False, False), (True, True)])
def test_an_agent_replaces_functions_only_when_asked(tmp_path: Path, amplify: bool, replaced: bool) -> None:
    agent = Agent()
    try:
        assert agent.ask(**job(tmp_path, amplify=amplify))["event"] == "ready"
        done = agent.ask(op="go", start_ns=0)
        assert (done["event"], done["attempted"], done["rejected"]) == ("done", 10, 0)
        maps = Path(f"/proc/{agent.process.pid}/maps").read_text()
        assert ("_socket" in maps) is replaced, "the amplifier was not even imported"
    finally:
        agent.close()
    assert len((tmp_path / "data/shared.log").read_bytes()) == 640
