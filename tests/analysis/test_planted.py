"""Planted damage is recovered exactly: each record its outcome, each byte its owner, nothing else reported."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from harness.model import Account, AnomalyKind
from tests.analysis.planted import Plant

Analysed = Callable[..., Account]


def journals_of(plant: Plant, directory: Path) -> Path:
    from tests.analysis.conftest import write_journal

    for writer in {writer for writer, _ in plant.records}:
        rows = {seq: (length, 1 + seq, 0, 0, 2 + seq) for (own, seq), length in plant.records.items() if own == writer}
        write_journal(directory, writer, len(rows), rows)
    return directory


@pytest.mark.parametrize("seed", range(150))
def test_damage_is_recovered_exactly(seed: int, analysed: Analysed, tmp_path: Path) -> None:
    random = Random(seed)
    lengths = random.choice(((200,), (64,), (100, 200, 333), (1000, 40)))
    plant = Plant(random.randrange(1, 6), random.randrange(1, 30), lengths, random)
    for _ in range(20):
        pieces = plant.pieces.copy()
        plant.damage(1)
        if not plant.attributable():
            plant.pieces = pieces
    truth = plant.truth()
    found = analysed(plant.bytes(), journals_of(plant, tmp_path / "journals"), limit=1000)
    for outcome in ("intact", "interleaved", "truncated", "lost", "duplicated"):
        assert getattr(found.records, outcome) == truth.count(outcome), outcome
    assert found.records.reordered == truth.reordered
    for owner in ("intact", "hole", "foreign"):
        assert getattr(found.bytes, owner) == truth.bytes[owner], owner
    for kind in (AnomalyKind.INTERLEAVED, AnomalyKind.TRUNCATED, AnomalyKind.LOST):
        reported = {(a.writer, a.seq) for a in found.anomalies if a.kind == kind}
        assert reported == {name for name, one in truth.outcome.items() if one == kind.value}
