"""Writers that died, journals that cannot be read, records that nobody attempted."""

from pathlib import Path

import pytest

from harness.model import AnomalyKind
from harness.trace.record import encode
from tests.analysis.accounts import analysed, write_journals


def test_what_a_dead_writer_leaves_is_told_from_damage_by_others(tmp_path: Path) -> None:
    rows = {
        (0, 0): (100, 1, 0, 0, 2),
        (0, 1): (100, 3, 0, 0, 0),  # died in it: half of it stands
        (1, 0): (100, 1, 0, 0, 2),
        (1, 1): (100, 3, 0, 0, 0),  # died in it: nothing of it stands
        (1, 2): (100, 0, 0, 0, 0),  # never came to it
    }
    text = encode(0, 0, 100) + encode(1, 0, 100) + encode(0, 1, 100)[:50]
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    records = found.records
    assert (records.attempted, records.acknowledged) == (4, 2)
    assert (records.intact, records.truncated, records.indeterminate, records.lost) == (2, 1, 1, 0)
    assert found.causes == {"writer died": 1}


@pytest.mark.parametrize(
    ("of_two", "died"),
    [
        (slice(0, 60), 1),
        (slice(0, 99), 1),
        (slice(20, 60), 0),  # its first bytes are not there: others overwrote them
    ],
)
def test_only_the_first_bytes_of_its_last_record_are_a_death(of_two: slice, died: int, tmp_path: Path) -> None:
    """Record 2 was never acknowledged; where its writer went on to record 3, it did not die in it."""
    torn, other = encode(0, 2, 100)[of_two], encode(1, 0, 100)
    rows = {(0, seq): (100, 1 + seq, 0, 0, 2 + seq if seq != 2 else 0) for seq in range(3)} | {
        (1, 0): (100, 1, 0, 0, 2)
    }
    text = encode(0, 0, 100) + encode(0, 1, 100)
    for name in ("last", "thrice", "on"):
        (tmp_path / name).mkdir()
    found = analysed(tmp_path, text + torn + other, write_journals(tmp_path / "last", rows))
    assert (found.records.truncated, found.causes.get("writer died", 0)) == (1, died)
    found = analysed(tmp_path, text + torn * 3 + other, write_journals(tmp_path / "thrice", rows))
    assert (found.records.truncated, found.causes.get("writer died", 0)) == (1, 0)
    rows[0, 3] = (100, 9, 0, 0, 10)
    found = analysed(tmp_path, text + torn + encode(0, 3, 100) + other, write_journals(tmp_path / "on", rows))
    assert (found.records.truncated, found.causes.get("writer died", 0)) == (1, 0)


def test_a_record_of_another_length_is_not_the_one_attempted(tmp_path: Path) -> None:
    rows = {(0, seq): (100, 1 + seq, 0, 0, 2 + seq) for seq in range(3)}
    text = encode(0, 0, 100) + encode(0, 1, 64) + encode(0, 2, 100)
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.lost, found.records.phantom) == (2, 1, 1)
    assert (found.bytes.intact, found.bytes.foreign) == (200, 64)
    (tmp_path / "twice").mkdir()
    twice = encode(0, 1, 64) + text + encode(0, 1, 100)
    found = analysed(tmp_path, twice, write_journals(tmp_path / "twice", rows))
    assert (found.records.intact, found.records.duplicated, found.records.phantom) == (3, 0, 2)


def test_lost_is_what_was_acknowledged(tmp_path: Path) -> None:
    rows = {(0, seq): (100, 1 + seq, 0, 0, 2 + seq) for seq in range(100)}
    text = b"".join(encode(0, seq, 100) for seq in range(100) if not 20 <= seq < 70 and seq != 90)
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert found.records.lost == 51
    assert found.causes == {"run of records missing": 50, "unknown": 1}
    (last,) = [one for one in found.anomalies if one.seq == 90]
    assert (last.kind, last.offset, last.cause) == (AnomalyKind.LOST, None, "unknown")


def test_a_record_that_nobody_attempted(tmp_path: Path) -> None:
    rows = {(0, seq): (100, 1, 0, 0, 2) for seq in range(3)}
    text = b"".join(encode(0, seq, 100) for seq in range(5)) + encode(7, 0, 100)[:60] + encode(9, 1, 64)
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.phantom) == (3, 3)
    assert (found.bytes.intact, found.bytes.foreign) == (300, 324)
    phantoms = [(one.writer, one.seq) for one in found.anomalies if one.kind == AnomalyKind.PHANTOM]
    assert phantoms == [(0, 3), (0, 4), (9, 1)]


def test_a_journal_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    journals = write_journals(tmp_path, {(0, 0): (100, 1, 0, 0, 2), (1, 0): (100, 1, 0, 0, 2)})
    (journals / "writer-0001.journal").write_bytes(b"HJOURNL1 cut short")
    (journals / "writer-0002.journal").write_bytes(b"")
    (journals / "writer-0003.journal").mkdir()
    found = analysed(tmp_path, encode(0, 0, 100), journals)
    assert found.records.intact == 1
    assert len(found.notes) == 3


def test_copies(tmp_path: Path) -> None:
    rows = {(0, seq): (100, 1 + seq, 0, 0, 2 + seq) for seq in range(3)}
    one, two, three = (encode(0, seq, 100) for seq in range(3))
    text = one + two + one + two[:60] + three + one
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.duplicated) == (2, 1)
    assert (found.bytes.intact, found.bytes.extra) == (300, 260)
    assert [(one.kind, one.offset) for one in found.anomalies] == [
        (AnomalyKind.DUPLICATED, 200),
        (AnomalyKind.DUPLICATED, 460),
        (AnomalyKind.TORN_COPY, 300),
    ]
    assert found.records.torn_copies == 1


def test_a_copy_after_the_pieces(tmp_path: Path) -> None:
    line, other = encode(0, 0, 100), encode(0, 1, 100)
    for block in (150, 1 << 20):
        found = analysed(tmp_path, line[:50] + other + line[50:] + line, block_bytes=block)
        assert (found.records.intact, found.records.interleaved) == (2, 0)
        assert (found.bytes.intact, found.bytes.extra) == (200, 100)
        assert found.records.torn_copies == 1
        assert [(one.kind, one.offset, one.length) for one in found.anomalies] == [(AnomalyKind.TORN_COPY, 0, 200)]


@pytest.mark.parametrize("length", [0, -1, 31, (1 << 20) + 1, 1 << 40, -(1 << 63), (1 << 63) - 1])
def test_a_length_that_no_record_can_have(length: int, tmp_path: Path) -> None:
    """As of a journal that was damaged itself: the file alone tells then."""
    rows = {(0, seq): (length, 1 + seq, 0, 0, 2 + seq) for seq in range(4)}
    one, two, three, four = (encode(0, seq, 100) for seq in range(4))
    text = one + two[:50] + three[:70] + two[50:] + three[80:] + four[:10]
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.interleaved, found.records.truncated) == (1, 1, 2)


@pytest.mark.parametrize(
    ("left", "cause"),
    [
        (encode(1, 0, 100)[40:], "overwritten"),
        (encode(1, 0, 100)[:40] + bytes(30) + encode(1, 0, 100)[70:], "hole"),
        (encode(1, 0, 100)[:40] + encode(1, 0, 100)[75:], "unknown"),
    ],
)
def test_a_death_leaves_first_bytes_and_nothing_else_excuses_damage(left: bytes, cause: str, tmp_path: Path) -> None:
    rows = {(0, 0): (100, 1, 0, 0, 2), (0, 1): (100, 3, 0, 0, 4), (1, 0): (100, 1, 0, 0, 0)}
    found = analysed(tmp_path, encode(0, 0, 100) + left + encode(0, 1, 100), write_journals(tmp_path, rows))
    assert found.records.truncated == 1
    assert found.causes == {cause: 1}


def test_what_is_foreign_is_shown_whatever_it_is_made_of(tmp_path: Path) -> None:
    rows = {(0, seq): (100, 1 + seq, 0, 0, 2 + seq) for seq in range(3)}
    one, two, three = (encode(0, seq, 100) for seq in range(3))
    strange = encode(5, 0, 100)
    text = one + b"HELLO0123\n" + two + strange[:50] + three + strange[:50] + b"~~~" + strange[50:]
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.phantom, found.bytes.foreign) == (3, 1, 163)
    shown = [(one.kind, one.offset, one.length) for one in found.anomalies]
    assert shown == [
        (AnomalyKind.PHANTOM, 210, 253),
        (AnomalyKind.FOREIGN, 100, 10),
        (AnomalyKind.FOREIGN, 410, 3),
    ]
