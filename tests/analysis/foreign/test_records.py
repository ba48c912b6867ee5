"""Planted damage is found exactly: counts, gaps, offsets, the records named by pieces; and nothing in an intact log."""

import zlib

import pytest

from harness.analysis.foreign import Chunks, Expected, FindingKind, Pattern, Report, analyze
from harness.analysis.foreign.checksum import Checksum
from harness.analysis.foreign.findings import Named

PATTERN = r"writer=(?P<writer>\w+) seq=(?P<seq>\d+) payload=x{20}"
WRITERS = ("0", "1", "web-a")
OPEN = r"writer=(?P<writer>\S+) seq=(?P<seq>\d+) payload=x{20}"


def line(writer: object, seq: int) -> bytes:
    return f"writer={writer} seq={seq} payload={'x' * 20}\n".encode()


def log(records: int = 10, first: int = 0) -> list[bytes]:
    return [line(writer, seq) for seq in range(first, first + records) for writer in WRITERS]


def run(
    text: bytes | list[bytes], pattern: str = OPEN, writers: int | None = None, records: int | None = None
) -> Report:
    data = text if isinstance(text, bytes) else b"".join(text)
    chunks = [data[at : at + 64] for at in range(0, len(data), 64)]
    return analyze(Chunks(chunks), Pattern(pattern), Expected(writers, records))


def counts(report: Report) -> tuple[int | None, ...]:
    records = report.records
    return records.distinct, records.duplicated, records.missing, records.reordered


def kinds(report: Report) -> list[FindingKind]:
    return [finding.kind for finding in report.findings]


@pytest.mark.parametrize("first", [0, 1])
def test_an_intact_log_has_no_finding(first: int) -> None:
    report = run(log(10, first), writers=3, records=10)
    assert counts(report) == (30, 0, 0, 0)
    assert report.findings == ()
    assert report.records.expected == 30
    assert f"numbered from {first}" in report.notes[0]
    assert [writer.writer for writer in report.writers] == ["0", "1", "web-a"]


def test_an_empty_log_is_blameless_until_something_was_expected() -> None:
    assert run(b"").findings == ()
    report = run(b"", writers=3, records=10)
    assert counts(report) == (0, 0, 30, 0)
    assert kinds(report) == [FindingKind.MISSING]


def test_a_gap_is_named_per_writer() -> None:
    lines = [one for one in log() if one not in {line("0", 3), line("0", 4), line("web-a", 7)}]
    report = run(lines)
    assert counts(report) == (27, 0, 3, 0)
    found = [(one.writer, one.seq, one.last_seq) for one in report.findings]
    assert found == [("0", 3, 4), ("web-a", 7, 7)]
    assert {one.writer: one.gaps for one in report.writers} == {"0": ((3, 4),), "1": (), "web-a": ((7, 7),)}


def test_without_an_expectation_gaps_lie_between_lowest_and_highest() -> None:
    assert counts(run([line("0", 5), line("0", 9)])) == (2, 0, 3, 0)
    assert counts(run([line("0", 5), line("0", 9)], writers=1, records=10)) == (2, 0, 8, 0)


def test_the_records_of_unseen_writers_are_missing() -> None:
    report = run([line(0, seq) for seq in range(10)] + [line(1, seq) for seq in range(10)], writers=4, records=10)
    assert counts(report) == (20, 0, 20, 0)
    assert [(one.writer, one.seq, one.last_seq) for one in report.findings] == [("2", 0, 9), ("3", 0, 9)]
    unnamed = run(log(), writers=5, records=10)
    assert unnamed.records.missing == 20
    assert [one.writer for one in unnamed.findings] == [None]


def test_copies_and_order() -> None:
    lines = [line("0", seq) for seq in (0, 1, 1, 3, 2, 2, 4, 0)]
    report = run(lines)
    assert counts(report) == (5, 3, 0, 1)
    at = [sum(map(len, lines[:row])) for row in (2, 5, 7)]
    assert [one.offset for one in report.findings if one.kind == FindingKind.DUPLICATED] == at
    (reordered,) = (one for one in report.findings if one.kind == FindingKind.REORDERED)
    assert (reordered.offset, reordered.seq) == (sum(map(len, lines[:4])), 2)
    assert reordered.excerpt == line("0", 2).decode().rstrip()


def test_two_records_in_one_line_are_both_named_and_missing() -> None:
    lines = log()
    torn = lines[4][:25] + lines[5][:-1] + lines[4][25:]
    report = run([*lines[:4], torn, *lines[6:]], writers=3, records=10)
    assert counts(report) == (28, 0, 2, 0)
    assert report.records.missing_in_pieces == 2
    malformed = report.findings[0]
    assert malformed.kind == FindingKind.MALFORMED
    assert malformed.offset == sum(map(len, lines[:4]))
    assert malformed.length == len(torn)
    assert malformed.records == (Named("1", 1), Named("web-a", 1))
    assert "offset" in report.findings[1].cause


def test_a_wide_pattern_is_told_of_the_second_record_in_a_line() -> None:
    lines = log()
    torn = lines[4][:30] + lines[5][:-1] + b"\n" + lines[4][30:]
    report = run([*lines[:4], torn, *lines[6:]], r"writer=(?P<writer>\S+) seq=(?P<seq>\d+) payload=.*")
    assert (report.lines.matching, report.lines.malformed) == (29, 1)
    assert counts(report) == (29, 0, 1, 0)
    assert report.records.missing_in_pieces == 1
    assert any("1 matching lines name a second record" in note for note in report.notes)


def test_a_cut_sequence_number_names_nothing() -> None:
    report = run([line("0", 121), b"writer=0 seq=12", line("0", 123)])
    assert report.lines.malformed == 1
    assert report.findings[0].records == (Named("0", 123),)
    assert run([line("0", 121), b"writer=0 seq=12\n", line("0", 123)]).findings[0].records == ()


def test_a_name_that_no_whole_line_bears_is_believed_while_there_may_be_such_a_writer() -> None:
    lines = [line("a", 0), b"writer=zzz seq=1 payload=xx\n"]
    assert run(lines).findings[0].records == (Named("zzz", 1),)
    assert run(lines, writers=2).findings[0].records == (Named("zzz", 1),)
    assert run(lines, writers=1).findings[0].records == ()


def test_writers_and_records_beyond_the_expected() -> None:
    report = run([*log(), line("ghost", 3), line("0", 10)], writers=3, records=10)
    assert counts(report) == (32, 0, 0, 0)
    assert report.records.unexpected == 2
    assert kinds(report) == [FindingKind.UNEXPECTED] * 2


def test_a_pattern_without_seq_counts_lines() -> None:
    report = run(log()[:-1], r"writer=(?P<writer>\S+) .*", writers=3, records=10)
    assert counts(report) == (None, None, 1, None)
    assert kinds(report) == [FindingKind.MISSING]
    plain = run(log()[:-1], r"writer=\S+ .*", writers=3, records=10)
    assert counts(plain) == (None, None, 1, None)
    assert run(log(), ".*").findings == ()


def test_a_pattern_without_writer_takes_all_lines_as_one_sequence() -> None:
    lines = [b"n=%d\n" % number for number in (1, 2, 4, 5, 5)]
    report = run(lines, r"n=(?P<seq>\d+)", records=6)
    assert counts(report) == (4, 1, 2, 0)
    assert [(one.writer, one.seq) for one in report.findings] == [(None, 5), (None, 3), (None, 6)]


def test_a_hole_and_a_missing_newline() -> None:
    lines = log()
    report = run([*lines[:3], b"\0" * 300 + b"\n", *lines[3:-1], lines[-1][:-1]])
    assert (report.bytes.nul, report.bytes.nul_runs) == (300, 1)
    assert (report.lines.total, report.lines.matching, report.lines.malformed) == (31, 30, 1)
    holes = [one for one in report.findings if one.kind == FindingKind.HOLE]
    assert [(one.offset, one.length) for one in holes] == [(sum(map(len, lines[:3])), 300)]
    assert kinds(report) == [FindingKind.MALFORMED, FindingKind.UNTERMINATED, FindingKind.HOLE]


def test_huge_numbers_do_not_enumerate_gaps() -> None:
    report = run([line("0", 0), line("0", 2**63 - 1), line("0", 2**63)])
    assert counts(report) == (2, 0, 2**63 - 2, 0)
    assert report.lines.malformed == 1
    assert "2**63" in report.findings[0].cause


def test_many_gaps_are_bounded() -> None:
    report = run([line("0", seq) for seq in range(0, 2000, 2)])
    assert counts(report) == (1000, 0, 999, 0)
    assert len(report.writers[0].gaps) == report.writers[0].gap_count == 999
    assert len(report.findings) == 999
    report = run([line("0", seq) for seq in range(0, 40_000, 2)])
    assert len(report.writers[0].gaps) == 10_000
    assert report.writers[0].gap_count == 19_999
    assert len(report.notes) == 2


def test_a_false_zero_does_not_shift_the_numbering() -> None:
    report = run([*log(10, 1), line("0", 0)], writers=3, records=10)
    assert counts(report) == (31, 0, 0, 1)
    assert report.records.unexpected == 1


@pytest.mark.parametrize(
    ("body", "form"),
    [
        ("w1,%d,", "{body},{crc}"),
        ("w1,%d,x;", "{body},{crc}"),
        ("w1,%d,x ", "{body}\t{crc}"),
        ("w1,%d,x      ", "{body} {crc}"),
        ("w1,%d,x", "{body} [crc={crc}]"),
        ("w1,%d,x", "{body} crc: {crc}"),
        ('{{"w": "w1", "n": %d', '{body}, "crc": "{crc}"}}'),
        ("w1,%d,x", "{crc},{body}"),
        ("w1,%d,x", "crc={crc};{body}"),
    ],
)
def test_a_checksum_of_just_the_text_before_or_behind_it(body: str, form: str) -> None:
    text = body.replace("{{", "{") % 7
    value = f"{zlib.crc32(text.encode()):08x}"
    line = form.format(body=text, crc=value).encode()
    start = line.index(value.encode())
    assert Checksum().fault(line, start, start + 8) is None
    damaged = line.replace(b"w1", b"v1", 1)
    assert Checksum().fault(damaged, start, start + 8) is not None


@pytest.mark.parametrize("form", ["{body} crc={crc:08x}", "{body} {crc:08x}", "{crc:08X} {body}", "{body};{crc:x}"])
def test_checksums(form: str) -> None:
    bodies = [f"writer=0 seq={seq} payload=abc" for seq in range(300)]
    lines = [form.format(body=body, crc=zlib.crc32(body.encode())) for body in bodies]
    lines[7] = lines[7].replace("payload=abc", "payload=abd")
    crc = "(?P<crc>[0-9a-fA-F]+)"
    body = r"writer=(?P<writer>\d+) seq=(?P<seq>\d+) payload=[a-z]+"
    pattern = form.replace("{crc:08x}", crc).replace("{crc:08X}", crc).replace("{crc:x}", crc).format(body=body)
    report = run("\n".join([*lines, ""]).encode(), pattern)
    assert (report.lines.matching, report.lines.malformed, report.records.missing) == (299, 1, 1)
    assert report.findings[0].cause.startswith("checksum is")
    assert report.findings[0].records == (Named("0", 7),) or form.startswith("{crc")


@pytest.mark.parametrize(
    "pattern",
    [
        r"w=(?P<writer>\d+) n=(?P<seq>\d+) [a-z ]+ end",
        r"w=(?P<writer>\d+) n=(?P<seq>\d+) .*d",
        r"w=(?P<writer>\d+) n=(?P<seq>\d+) [a-z ]+ (?:end|more)",
        r"w=(?P<writer>\d+) n=(?P<seq>\d+) (?:[a-z]+ ?)+ end",
    ],
)
def test_pieces_are_named_whatever_follows_the_name_in_the_pattern(pattern: str) -> None:
    report = analyze(Chunks([b"w=1 n=1 some text end\nw=1 n=2 so\nw=1 n=3\nw=1 n=4 some text end\n"]), Pattern(pattern))
    torn = [finding.records for finding in report.findings if finding.kind is FindingKind.MALFORMED]
    assert torn == [(Named("1", 2),), ()]
    assert report.records.missing_in_pieces == 1


@pytest.mark.parametrize("pattern", [r"n=(?P<seq>\d)+", r"n=(?P<seq>\d+|x) end", r"n=(?P<seq>\d+)(?: end)?"])
def test_a_number_of_which_the_end_is_not_told_by_the_pattern_is_not_guessed_at(pattern: str) -> None:
    report = analyze(Chunks([b"n=1 end\nn=2 e\nn=3 end\n"]), Pattern(pattern))
    assert all(named.seq == 2 for finding in report.findings for named in finding.records)
