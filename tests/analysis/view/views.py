"""What the tests of views share: a trial made by hand, and the laws that every view obeys."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from harness.analysis.account import account
from harness.analysis.view import view
from harness.analysis.view.filemap import KINDS
from harness.trace.journal import JournalWriter

SCHEMA = json.loads((files("harness") / "view.schema.json").read_text(encoding="utf-8"))
NO_TITLE: dict[str, Any] = {"case": "made/by-hand", "storage": "volume", "trial": 0, "seed": 1, "why": "a test"}
US = 1000


def check(found: dict[str, Any]) -> None:
    """The schema holds, and each cell's bytes are those of its stretch."""
    jsonschema.validate({**NO_TITLE, **found}, SCHEMA)
    for one in found["files"]:
        cells = len(one["intact"])
        for column in (*KINDS, "records", "owners", "writers", "first", "last", "looks"):
            assert len(one[column]) == cells
        for cell in range(cells):
            stretch = max(0, min(one["cell_bytes"], one["bytes"] - cell * one["cell_bytes"]))
            assert sum(one[kind][cell] for kind in KINDS) == stretch
            assert sum(size for _, size in one["owners"][cell]) <= stretch
            look = one["looks"][cell]
            assert look is None or sum(piece[0] for piece in look["pieces"]) == len(look["text"])


def journals(directory: Path, writers: int, records: int, length: int, *, guarded: bool = False) -> Path:
    """Journals of writers that take turns, a record each: 10 us apart, 5 us long; lock held in the middle 3."""
    path = directory / "journals"
    path.mkdir()
    for writer in range(writers):
        with JournalWriter(path, writer, records) as journal:
            for seq in range(records):
                begin = (1 + seq * writers + writer) * 10 * US
                journal.length[seq], journal.begin[seq], journal.acknowledged[seq] = length, begin, begin + 5 * US
                if guarded:
                    journal.enter[seq], journal.leave[seq] = begin + 1 * US, begin + 4 * US
    return path


def viewed(directory: Path, texts: Sequence[bytes], told: Path, **options: bool) -> dict[str, Any]:
    """The checked view of a trial that left these files."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(directory / f"file-{number}.log")
        paths[-1].write_bytes(text)
    anomalies = [asdict(one) for one in account(paths, told, limit=5).anomalies]
    found = view(paths, told, anomalies, **options)
    check(found)
    return found


def total(found: dict[str, Any], kind: str) -> int:
    """Bytes of a kind, over all files and cells."""
    return sum(sum(one[kind]) for one in found["files"])
