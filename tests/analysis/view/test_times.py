"""Timeline, progress, latencies and the fate of records, on journals whose times are known."""

import json
from pathlib import Path

from harness.analysis.view.timeline import LANES, OPERATIONS
from harness.trace.record import encode
from tests.analysis.accounts import write_journals
from tests.analysis.view.views import US, journals, viewed

LENGTH = 200


def lines(writers: int, records: int) -> list[bytes]:
    return [encode(writer, seq, LENGTH) for seq in range(records) for writer in range(writers)]


def test_progress_ends_at_what_was_acknowledged(tmp_path: Path) -> None:
    found = viewed(tmp_path, [b"".join(lines(3, 40))], journals(tmp_path, 3, 40, LENGTH))
    progress = found["progress"]
    assert [one["acknowledged"][-1] for one in progress["writers"]] == [40, 40, 40]
    assert progress["at_us"][0] == 0
    assert progress["at_us"][-1] == found["duration_us"] == (3 * 40 - 1) * 10 + 5
    for one in progress["writers"]:
        assert one["acknowledged"] == sorted(one["acknowledged"])


def test_latencies_are_counted_in_their_bin(tmp_path: Path) -> None:
    found = viewed(tmp_path, [b"".join(lines(2, 10))], journals(tmp_path, 2, 10, LENGTH))["latency"]
    (bin_,) = [index for index, count in enumerate(found["counts"]) if count]
    assert found["counts"][bin_] == 20
    low, high = (found["lowest_us"] * 10 ** ((bin_ + step) / found["bins_per_decade"]) for step in (0, 1))
    assert low <= 5 < high


def test_records_are_whole_torn_or_absent_by_sequence_number(tmp_path: Path) -> None:
    parts = lines(2, 10)
    torn, other = parts[8], parts[9]
    parts[8:10] = [torn[:100], other, torn[100:]]
    del parts[3]
    strips = viewed(tmp_path, [b"".join(parts)], journals(tmp_path, 2, 10, LENGTH))["records"]
    assert strips["bin_records"] == 1
    first, second = strips["writers"]
    assert first["torn"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert sum(first["whole"]) == 9
    assert second["absent"] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert second["attempted"] == [1] * 10


def test_the_timeline_shows_the_damaged_operation_and_its_neighbours(tmp_path: Path) -> None:
    parts = lines(2, 10)
    parts[8:10] = [parts[8][:100], parts[9], parts[8][100:]]
    found = viewed(tmp_path, [b"".join(parts)], journals(tmp_path, 2, 10, LENGTH))
    (focus,) = found["timeline"]
    assert (focus["about"]["kind"], focus["about"]["writer"], focus["about"]["seq"]) == ("interleaved", 0, 4)
    own = next(one for one in focus["operations"] if one[:2] == [0, 4])
    assert own == [0, 4, 80.0, -1, -1, 85.0, "torn"]
    assert [one for one in focus["operations"] if one[:2] == [1, 4]] == [[1, 4, 90.0, -1, -1, 95.0, "whole"]]
    assert len(focus["operations"]) == 20
    assert focus["hidden"] == []


def test_critical_sections_are_in_the_timeline(tmp_path: Path) -> None:
    rows = {(w, s): (LENGTH, (10 + 10 * s) * US, (11 + 10 * s) * US, (14 + 10 * s) * US, (15 + 10 * s) * US)
            for w in range(2) for s in range(3)}  # fmt: skip
    found = viewed(tmp_path, [b"".join(lines(2, 3))], write_journals(tmp_path, rows))
    focus = found["timeline"][0]
    assert focus["about"]["kind"] == "mutual-exclusion"
    assert [1, 0, 0.0, 1.0, 4.0, 5.0, "whole"] in focus["operations"]


def test_without_damage_it_shows_when_all_had_begun(tmp_path: Path) -> None:
    found = viewed(tmp_path, [b"".join(lines(4, 30))], journals(tmp_path, 4, 30, LENGTH))
    (focus,) = found["timeline"]
    assert focus["about"] is None
    assert {one[0] for one in focus["operations"]} == {0, 1, 2, 3}
    assert len(focus["operations"]) <= OPERATIONS


def test_many_writers_are_bounded(tmp_path: Path) -> None:
    parts = lines(200, 12)
    parts[8:10] = [parts[8][:100], parts[9], parts[8][100:]]
    found = viewed(tmp_path, [b"".join(parts)], journals(tmp_path, 200, 12, LENGTH))
    (focus,) = found["timeline"]
    assert len({one[0] for one in focus["operations"]}) <= LANES
    assert {8, 9} <= {one[0] for one in focus["operations"]}
    assert len(json.dumps(found)) < 600_000


def test_what_is_not_drawn_between_two_operations_is_counted(tmp_path: Path) -> None:
    slow = {(0, 0): (LENGTH, 10 * US, 0, 0, 90_000 * US)}
    quick = {(1, seq): (LENGTH, (11 + 8 * seq) * US, 0, 0, (12 + 8 * seq) * US) for seq in range(10_000)}
    text = encode(0, 0, LENGTH)[:100] + b"".join(encode(1, seq, LENGTH) for seq in range(10_000))
    text += encode(0, 0, LENGTH)[100:]
    focus = viewed(tmp_path, [text], write_journals(tmp_path, slow | quick))["timeline"][0]
    shown = [one for one in focus["operations"] if one[0] == 1]
    (writer, begin, end, count), *more = focus["hidden"]
    assert more == []
    assert writer == 1
    assert count == max(one[1] for one in shown) - min(one[1] for one in shown) + 1 - len(shown)
    assert begin < end


def test_superseded_records_are_said_to_be(tmp_path: Path) -> None:
    assert viewed(tmp_path, [encode(0, 2, LENGTH)], journals(tmp_path, 1, 3, LENGTH), supersedes=True)["supersedes"]


def test_a_trial_in_which_nothing_happened_has_a_view(tmp_path: Path) -> None:
    rows = {(writer, 3): (0, 0, 0, 0, 0) for writer in range(2)}
    found = viewed(tmp_path, [b""], write_journals(tmp_path, rows))
    assert found["timeline"] == []
    assert found["duration_us"] == 0
