"""Records that pieces name: those of which both ends are certain, or which alone are missing; and no others."""

import zlib

import pytest

from harness.analysis.foreign import Chunks, Expected, FindingKind, Pattern, Report, analyze

W = r"w(?P<writer>\d+) (?P<seq>\d+) [a-z]+"
WORDS = r"(?P<writer>\w+) (?P<seq>\d+) [a-z]+"
GLUED = b"w1 11 aaaa\nw2 6 bbb\nw1 12 aaaaw2 7 bbb\nw1 13 aaaa\nw2 8 bbb\n"


def run(text: bytes, pattern: str, writers: int | None = None, records: int | None = None) -> Report:
    return analyze(Chunks([text] if text else []), Pattern(pattern), Expected(writers, records))


def named(report: Report) -> list[tuple[str | None, int | None]]:
    lines = [one for one in report.findings if one.kind is FindingKind.MALFORMED]
    return [(record.writer, record.seq) for one in lines for record in one.records]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        # what stands first in a line is what it says, if that record has no line of its own
        (b"w1 1 a\nw1 2 #\nw1 3 a\n", WORDS, [("w1", 2)]),
        (b"".join(b"%d ok\n" % n for n in range(1, 12)) + b"\x002 ok\n13 ok\n", r"(?P<seq>\d+) ok", []),
        (b"".join(b"%d ok\n" % n for n in range(1, 12)) + b"2 o\n13 ok\n", r"(?P<seq>\d+) ok", []),
        (b"1,a,55\n1,b,66\n2,c,7#\n2,a,5\n2,b,7\n", r"(?P<seq>\d+),(?P<writer>\w+),\d+", [("c", 2)]),
        # NULs stand over the beginning of web1's name
        (b"web1 1 a\nb1 1 a\nweb1 2 a\nb1 2 a\n\0\0b1 3 a\nb1 3 a\nweb1 4 a\n", WORDS, [("web1", 3)]),
        # a name behind other bytes is no writer of its own, who would make names elsewhere ambiguous
        (b"w2 1 a\nxw2 2 #\nw2 3 a\n9 9#66w2 4 a\nw2 5 a\n", WORDS, [("w2", 2), ("w2", 4)]),
    ],
)
def test_what_stands_first_in_a_line(text: bytes, pattern: str, expected: list[tuple[str, int]]) -> None:
    assert named(run(text, pattern)) == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (
            b"app[1]: id 1\napp[1]: id 2 foo\napp[2]: id 1\napp[1]:app[2]: id 2\napp[1]: id 4\napp[2]: id 3\n",
            r"app\[(?P<writer>\d+)\]: id (?P<seq>\d+)(?: .*)?",
        ),
        (
            b"w=1 n=1;ok\nw=1 n=2:no\nw=2 n=1:no\nw=1 n=w=2 n=2:no\n3:no\nw=2 n=3;ok\nw=1 n=4;ok\n",
            r"w=(?P<writer>\d+) n=(?P<seq>\d+)(?:;ok|:no)",
        ),
    ],
)
def test_what_may_stand_behind_a_name_is_not_required(text: bytes, pattern: str) -> None:
    assert named(run(text, pattern)) == [("2", 2)]


def test_without_writers_no_line_at_all_is_all_records_missing() -> None:
    for text in (b"", b"garbage\n"):
        report = run(text, r"n=(?P<seq>\d+) ok", records=5)
        assert (report.records.expected, report.records.distinct, report.records.missing) == (5, 0, 5)
        (missing,) = [one for one in report.findings if one.kind is FindingKind.MISSING]
        assert (missing.seq, missing.last_seq, missing.cause) == (1, 5, "no line is well-formed")
    report = run(b"n=1 ok#\nn=2 ok#\n", r"n=(?P<seq>\d+) ok", records=2)
    assert named(report) == [(None, 1), (None, 2)]
    assert (report.records.missing, report.records.missing_in_pieces) == (2, 2)


@pytest.mark.parametrize(
    ("text", "pattern", "records"),
    [
        (GLUED, WORDS, [("w1", 12), ("w2", 7)]),
        (GLUED, r"(?P<writer>\S+) (?P<seq>\d+) [a-z]+", [("w1", 12), ("w2", 7)]),
        (GLUED, W, [("1", 12), ("2", 7)]),
        (b"1 5 aa\n1 6 aa2 1 bb\n2 2 bb\n", r"(?P<writer>\d+) (?P<seq>\d+) [a-z]+", [("1", 6), ("2", 1)]),
        # 712 may be writer 12 behind a 7: not told
        (b"12 1 a\n12 3 a\nx712 2 a\n", r"(?P<writer>\d+) (?P<seq>\d+) [a-z]", []),
        # 12,b may be b's 12, or 2 behind a's 1
        (
            b"1,a,55\n1,b,66\n2,a,12,b,77\n3,a,5\n3,b,7\n13,b,9\n",
            r"(?P<seq>\d+),(?P<writer>\w+),\d+",
            [("a", 2)],
        ),
        # writer 1, or 11 without its head
        (b"1 11 a\n11 11 b\n1 13 a\n11 13 b\nx1 12 a\n", r"(?P<writer>\d+) (?P<seq>\d+) [a-z]+", []),
        # the number runs into the next record
        (
            b"INFO w1 #1\nINFO w1 #12WARN w2 #2\n3\nINFO w1 #13\nWARN w2 #3\nWARN w2 #1\n",
            r"(?:INFO|WARN) w(?P<writer>\d) #(?P<seq>\d+)",
            [("2", 2)],
        ),
        (b"a1\na12b2\na13\nb1\nb3\n", r"(?P<writer>[a-z])(?P<seq>\d+)[.]*", [("b", 2)]),
        (b"w1 12 aaaaw2 7 bbb\n", W, [("1", 12), ("2", 7)]),
        (b"[p1[p2] #3: a!\n", r"\[(?P<writer>[^\]]+)\] #(?P<seq>\d+): [a-z]+", [("p2", 3)]),
    ],
)
def test_what_a_torn_line_names(text: bytes, pattern: str, records: list[tuple[str, int]]) -> None:
    report = run(text, pattern)
    assert named(report) == records
    told = next((one for one in report.findings if one.records), None)
    if told:
        many = len(told.records)
        assert told.cause == ("a piece of a record" if many == 1 else f"pieces of {many} records in one line")


def test_glued_records_count_as_missing_in_pieces_and_their_gaps_say_where() -> None:
    report = run(GLUED, WORDS)
    assert (report.records.missing, report.records.missing_in_pieces) == (2, 2)
    gaps = [one for one in report.findings if one.kind is FindingKind.MISSING]
    assert [(one.writer, one.seq, one.cause) for one in gaps] == [
        ("w1", 12, "pieces of it stand in the line at offset 20"),
        ("w2", 7, "pieces of it stand in the line at offset 20"),
    ]


def test_a_writer_known_by_pieces_only_is_named_absent() -> None:
    report = run(b"w1 1 aaaa\nw1 2 aaaaw2 1 bbb\n", W, 2, 2)
    assert named(report) == [("1", 2), ("2", 1)]
    assert (report.records.missing, report.records.missing_in_pieces) == (3, 2)
    gaps = [one for one in report.findings if one.kind is FindingKind.MISSING]
    assert [(one.writer, one.seq, one.last_seq) for one in gaps] == [("1", 2, 2), ("2", 1, 2)]


@pytest.mark.parametrize(("names", "absent"), [((b"w0", b"w1"), "w2"), ((b"00", b"01"), "02"), ((b"x", b"y"), None)])
def test_an_absent_writer_is_named_where_the_others_are_numbered(names: tuple[bytes, ...], absent: str | None) -> None:
    report = run(b"".join(name + b" 1 a\n" for name in names), WORDS, 3, 1)
    assert [one.writer for one in report.findings] == [absent]


@pytest.mark.parametrize("hole", [100, 2_000_000, 20_000_000])
@pytest.mark.parametrize("pattern", [W, WORDS])
def test_a_record_behind_a_hole_is_named(hole: int, pattern: str) -> None:
    text = b"w1 1 aa\n" + bytes(hole) + b"w1 2 aa\nw1 3 aa\n"
    chunks = [text[at : at + (1 << 20)] for at in range(0, len(text), 1 << 20)]
    report = analyze(Chunks(chunks), Pattern(pattern))
    assert [seq for _, seq in named(report)] == [2]
    assert (report.records.missing, report.records.missing_in_pieces, report.bytes.nul) == (1, 1, hole)


def test_a_record_behind_a_long_run_of_text_is_named() -> None:
    report = run(b"w1 1 aa\nw1 2 " + b"a" * 2_000_000 + b"w2 7 bb\nw1 3 aa\n" + b"x", W + "x")
    assert ("2", 7) in named(report)


def test_more_records_in_a_line_than_are_looked_for_are_noted() -> None:
    report = run(b"".join(b"w1 %d a" % seq for seq in range(500)) + b"\n", W)
    assert named(report) == [("1", seq) for seq in range(128)]
    assert report.notes == ("1 lines may hold pieces of more records than were looked for in one line",)


@pytest.mark.parametrize("pattern", [r"w(?P<writer>\d) (?P<seq>\d+) .*", r"(?P<writer>\S+) (?P<seq>\d+) .*"])
def test_a_second_record_that_the_pattern_lets_pass_is_noted(pattern: str) -> None:
    report = run(b"w1 1 aa\nw2 1 bb\nw1 2 aaw2 2 bb\nw2 3 b\n", pattern)
    assert report.lines.matching == 4
    assert (report.records.missing, report.records.missing_in_pieces) == (1, 1)
    assert any("1 matching lines name a second record, the first at offset 16" in note for note in report.notes)


def test_only_so_many_matching_lines_are_searched_for_a_second_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.analysis.foreign.scan.LOOKS", 2)
    report = run(b"w1 1 aa\nw2 1 bb\nw1 2 aaw2 2 bb\n", r"w(?P<writer>\d) (?P<seq>\d+) .*")
    assert any("the first 2 matching lines were looked at" in note for note in report.notes)


def test_the_checksum_of_nothing_is_no_checksum() -> None:
    pattern = W + r" crc=(?P<crc>[0-9a-f]+)"
    assert run(b"w1 1 abc crc=00000000\nw1 2 abc crc=0\n", pattern).lines.malformed == 2


def test_a_line_without_its_optional_checksum_matches() -> None:
    line = b"w1 2 abc"
    text = b"w1 1 abc\n" + line + b" crc=%08x\n" % zlib.crc32(line) + b"w1 3 abc crc=1\n"
    report = run(text, W + r"(?: crc=(?P<crc>[0-9a-f]+))?")
    assert (report.lines.matching, report.lines.malformed) == (2, 1)
    assert report.notes == ("1 matching lines carry no checksum",)


def test_blanks_before_a_number_are_no_part_of_it() -> None:
    report = run(b"w1      9 a\nw1     10 a\n", r"w(?P<writer>\d)(?P<seq> *\d+) [a-z]")
    assert (report.records.distinct, report.records.missing, report.lines.malformed) == (2, 0, 0)


def test_writers_stand_in_the_order_of_the_file_however_it_is_read() -> None:
    text = b"%s 3 a\nbb 1 a\nbb 3 a\n%s 1 a\ncc 1 a\ncc 2 a\n" % (b"x" * 40, b"x" * 40)
    whole = run(text, WORDS, 2, 3)
    assert [one.writer for one in whole.findings if one.kind is FindingKind.UNEXPECTED] == ["cc"]
    for size in (1, 7, 50):
        chunks = Chunks([text[at : at + size] for at in range(0, len(text), size)])
        assert analyze(chunks, Pattern(WORDS), Expected(2, 3)) == whole
