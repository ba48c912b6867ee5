"""Planted damage is recovered exactly: each record its outcome, each byte its owner, nothing else reported."""

from pathlib import Path
from random import Random

import pytest

from harness.model import Account, AnomalyKind
from harness.trace.record import encode
from tests.analysis.accounts import analysed, write_journals
from tests.analysis.planted import Plant, junk, nuls, whole

REPORTED = (AnomalyKind.INTERLEAVED, AnomalyKind.TRUNCATED, AnomalyKind.LOST)


def journals_of(plant: Plant, directory: Path) -> Path:
    rows = {(writer, seq): (length, 1 + seq, 0, 0, 2 + seq) for (writer, seq), length in plant.records.items()}
    return write_journals(directory, rows)


def check(plant: Plant, found: Account) -> None:
    truth = plant.truth()
    for outcome in ("intact", "interleaved", "truncated", "lost", "duplicated"):
        assert getattr(found.records, outcome) == truth.count(outcome), outcome
    assert found.records.reordered == truth.reordered
    assert found.records.torn_copies == truth.torn_copies
    for owner in ("intact", "hole", "foreign"):
        assert getattr(found.bytes, owner) == truth.bytes[owner], owner
    for kind in REPORTED:
        reported = {(one.writer, one.seq) for one in found.anomalies if one.kind == kind}
        assert reported == {name for name, outcome in truth.outcome.items() if outcome == kind.value}
    copied = {(one.writer, one.seq) for one in found.anomalies if one.kind == AnomalyKind.TORN_COPY}
    assert len(copied) == truth.torn_copies


@pytest.mark.parametrize("seed", range(120))
def test_damage_is_recovered_exactly(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    lengths = random.choice(((200,), (64,), (100, 200, 333), (1000, 40)))
    plant = Plant(random.randrange(1, 6), random.randrange(1, 30), lengths, random)
    plant.damage_exactly(20)
    text, journals = plant.bytes(), journals_of(plant, tmp_path)
    found = analysed(tmp_path, text, journals)
    check(plant, found)
    check(plant, analysed(tmp_path, text, journals, block_bytes=4096))


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_recovered_without_journals(seed: int, tmp_path: Path) -> None:
    plant = Plant(3, 20, (200,), Random(seed))
    plant.damage_exactly(6)
    truth = plant.truth()
    found = analysed(tmp_path, plant.bytes())
    for outcome in ("intact", "interleaved", "truncated", "duplicated"):
        assert getattr(found.records, outcome) == truth.count(outcome), outcome


def test_a_whole_record_between_the_halves_of_another(tmp_path: Path) -> None:
    plant = Plant(3, 1, (200,), Random(0))
    plant.splice(200, 200, 100)
    found = analysed(tmp_path, plant.bytes(), journals_of(plant, tmp_path))
    (anomaly,) = found.anomalies
    assert (anomaly.kind, anomaly.offset, anomaly.length) == (AnomalyKind.INTERLEAVED, 0, 400)
    assert (anomaly.writer, anomaly.seq, anomaly.others) == (0, 0, (1,))
    assert found.records.intact == 2


@pytest.mark.parametrize("size", [1, 7, 24, 50, 200])
def test_a_record_cut_anywhere_is_interleaved(size: int, tmp_path: Path) -> None:
    """All that is missed stands across the gap, be it one byte."""
    rows = journals_of(Plant(1, 1, (200,), Random(0)), tmp_path)
    for cut in range(1, 200):
        plant = Plant(1, 1, (200,), Random(0))
        plant.insert(cut, size)
        check(plant, analysed(tmp_path, plant.bytes(), rows))


def test_a_file_cut_anywhere(tmp_path: Path) -> None:
    """What is left of the last record is its first bytes, though they hold no cell."""
    rows = journals_of(Plant(3, 2, (64,), Random(0)), tmp_path)
    for end in range(64 * 5 + 1, 64 * 6):
        plant = Plant(3, 2, (64,), Random(0))
        plant.truncate(end)
        check(plant, analysed(tmp_path, plant.bytes(), rows))


@pytest.mark.parametrize("way", ["drop", "overwrite", "zero"])
def test_the_last_bytes_of_a_record(way: str, tmp_path: Path) -> None:
    """All but some of its last bytes are gone; from two on they are told, behind whatever stands there."""
    rows = journals_of(Plant(3, 2, (64,), Random(0)), tmp_path)
    for left in range(2, 64):
        plant = Plant(3, 2, (64,), Random(0))
        getattr(plant, way)(128, 64 - left)
        check(plant, analysed(tmp_path, plant.bytes(), rows))


def test_two_ends_of_two_records(tmp_path: Path) -> None:
    """The first bytes of one record run on into the last ones of the next."""
    rows = journals_of(Plant(3, 2, (64,), Random(0)), tmp_path)
    for left in range(8, 31):
        plant = Plant(3, 2, (64,), Random(0))
        plant.drop(64 + left, 64)
        check(plant, analysed(tmp_path, plant.bytes(), rows))


def test_damage_on_both_sides_of_a_short_piece(tmp_path: Path) -> None:
    """It stands where the record has it, between two of its fragments."""
    rows = journals_of(Plant(2, 2, (200,), Random(0)), tmp_path)
    for at in range(20, 58):
        for first, between, second in ((3, 5, 2), (20, 24, 20), (40, 30, 40)):
            plant = Plant(2, 2, (200,), Random(0))
            plant.overwrite(at, first)
            plant.overwrite(at + first + between, second)
            check(plant, analysed(tmp_path, plant.bytes(), rows))


def test_newlines_that_were_written_apart(tmp_path: Path) -> None:
    plant = Plant(8, 20, (64,), Random(0))
    text = b"".join(
        b"".join(whole(writer, seq, 64).bytes()[:-1] for writer in range(8)) + b"\n" * 8 for seq in range(20)
    )
    found = analysed(tmp_path, text, journals_of(plant, tmp_path))
    assert (found.records.interleaved, found.records.intact) == (140, 20)
    assert found.bytes.foreign == 0
    assert found.causes == {"newline written separately": 140}


def test_nothing_but_nuls_and_nothing_but_junk(tmp_path: Path) -> None:
    found = analysed(tmp_path, nuls(5000).bytes() + junk(7000).bytes())
    assert (found.bytes.hole, found.bytes.foreign) == (5000, 7000)
    assert found.records.attempted == 0
    assert [one.kind for one in found.anomalies] == [AnomalyKind.HOLE, AnomalyKind.FOREIGN]


def test_an_empty_file_and_a_missing_one(tmp_path: Path) -> None:
    from harness.analysis.account import account

    assert analysed(tmp_path, b"").bytes.total == 0
    found = account([tmp_path / "missing", tmp_path / "file.log", tmp_path])
    assert found.bytes.total == 0
    assert len(found.notes) == 2


def test_pieces_of_one_record_side_by_side(tmp_path: Path) -> None:
    """Bytes at their joint are right for both, and it is one record that has them either way."""
    line = encode(0, 2, 100)
    found = analysed(tmp_path, line[:42] + encode(0, 1, 100)[51:] + line[:68] + line[67:])
    assert (found.records.interleaved, found.records.truncated) == (1, 1)
    assert found.bytes.foreign == 0


@pytest.mark.parametrize("size", [5, 300, 5000])
def test_what_a_hole_leaves_of_records(size: int, tmp_path: Path) -> None:
    """As a truncation under buffered writers does: however wide the hole, the ends beside it are told."""
    rows = journals_of(Plant(3, 3, (64,), Random(0)), tmp_path)
    for left in range(8, 61):
        plant = Plant(3, 3, (64,), Random(0))
        plant.drop(64 * 2 + left, 64 * 3)
        plant.make_hole(64 * 2 + left, size)
        check(plant, analysed(tmp_path, plant.bytes(), rows))
