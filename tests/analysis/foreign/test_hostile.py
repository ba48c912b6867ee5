"""Patterns and files that mean harm: an answer or one clear line, within seconds and bounded memory."""

import gzip
import random
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.analysis.foreign import Chunks, Expected, FindingKind, Pattern, Report, Source, analyze, analyze_file
from harness.analysis.foreign.blocks import MAX_LINE_BYTES
from harness.errors import UsageError

PLAIN = r"w=(?P<writer>\w+) s=(?P<seq>\d+)"
SECONDS = 20
"""Far above what any of this takes, far below what backtracking would."""


def run(text: bytes, pattern: str = PLAIN) -> Report:
    return analyze(Chunks([text] if text else []), Pattern(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(a|a)*b",
        "(.*)*x",
        "(?:.*a){20}b",
        "(a?){300}a{300}",
        "(?P<writer>a+)+(?P<seq>\\d+)$",
        "x*(?:(?P<seq>\\d+))?",
        "(.*)(?:s=(?P<seq>\\d+))?y",
        "(x+x+)+(?P<seq>\\d*)y",
    ],
)
def test_no_pattern_takes_more_than_linear_time(pattern: str) -> None:
    text = (b"a" * 50_000 + b"!\n") + (b"x" * 50_000 + b"\n") + b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n" * 100
    began = time.monotonic()
    report = run(text, pattern)
    assert time.monotonic() - began < SECONDS
    assert report.lines.total == 102


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        (r"(a)\1", "backreferences"),
        (r"(?P<writer>a)(?P=writer)", "(?P=name)"),
        (r"a(?=b)", "look-around"),
        (r"(?<!a)b", "look-around"),
        (r"(?>a)b", "atomic"),
        (r"a\Z", r"\z"),
        (r"a{5000}", "1000"),
        (r"(a{1,100}){1,100}", "1000"),
        (r"(?:.{900}|b.{900}|c.{900})*", "instructions"),
        (r"(?P<wrtier>a)", "writer, seq, crc"),
        (r"(?P<seq>a)|(?P<seq>b)", "twice"),
        (r"(?P<Writer>a)", "Name it writer"),
        (r"(?P<seq_no>a)", "Name it seq"),
        (r"(?P<crc32>a)", "Name it crc"),
        (r"a{,3}", "{0,n}"),
        (r"*", "before it"),
        (r"a++", "possessive"),
        (r"é(", "é("),
        ("a\n(", r"a\n("),
        (r"(", "RE2"),
        (r"[", "RE2"),
        ("\udcff(", "RE2"),
    ],
)
def test_what_cannot_be_matched_in_linear_time_is_refused_with_the_remedy(pattern: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        Pattern(pattern)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_groups_have_no_meaning() -> None:
    report = run(b"info w=a s=1 x\n", r"(?P<level>\w+) w=(?P<writer>\w) s=(?P<seq>\d+) (?P<payload>.*)")
    assert (report.lines.matching, report.records.distinct) == (1, 1)


@pytest.mark.parametrize("chunk_bytes", [1 << 16, 1 << 20])
def test_how_long_a_line_may_be_does_not_depend_on_how_it_is_read(chunk_bytes: int) -> None:
    for length, matching in ((MAX_LINE_BYTES, 3), (MAX_LINE_BYTES + 1, 2), (MAX_LINE_BYTES + 300_000, 2)):
        text = b"w=a s=0\nw=a s=1" + b"x" * (length - 7) + b"\nw=a s=2\n"
        chunks = [text[at : at + chunk_bytes] for at in range(0, len(text), chunk_bytes)]
        report = analyze(Chunks(chunks), Pattern(PLAIN + "x*"))
        assert (report.lines.total, report.lines.matching) == (3, matching)


def test_the_search_for_pieces_is_given_up_in_short_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.analysis.foreign.pace.GRACE_S", 0.1)
    text = b"".join(bytes(random.Random(at).choices(b"0123456789", k=4000)) + b"\n" for at in range(30))
    with pytest.raises(UsageError, match="too slow on this log"):
        run(text, r"(?P<seq>\d)(?:.?){800}")


def test_a_line_without_end_is_not_kept() -> None:
    def endless() -> Iterator[bytes]:
        yield b"w=a s=0\nw=a s=1"
        for _ in range(40):
            yield b"x" * (1 << 20)
        yield b"\nw=a s=2\n"

    tracemalloc.start()
    report = analyze(Chunks(endless()), Pattern(PLAIN))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_LINE_BYTES
    assert (report.lines.total, report.lines.matching, report.lines.malformed) == (3, 2, 1)
    assert report.findings[0].length == 7 + (40 << 20) + 1
    assert report.findings[0].offset == 8
    assert report.records.missing == 1
    unterminated = analyze(Chunks([b"x" * (1 << 20)] * 20), Pattern(PLAIN))
    assert (unterminated.lines.total, unterminated.lines.malformed) == (1, 1)
    assert [one.kind for one in unterminated.findings] == [FindingKind.UNTERMINATED, FindingKind.MALFORMED]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", (0, 0, 0, 0)),
        (b"\n", (1, 0, 0, 1)),
        (b" \t\r\n\n", (2, 0, 0, 2)),
        (b"\0", (1, 0, 1, 0)),
        (b"\0\n\0\0\n", (2, 0, 2, 0)),
        (b"w=a s=0\r\nw=a s=1\r\n", (2, 2, 0, 0)),
        (b"w=a s=0\r\r\n", (1, 0, 1, 0)),
        (b"w=\xff\xfe s=0\nw=a s=0", (2, 1, 1, 0)),
        (bytes(range(256)) * 4, (5, 0, 5, 0)),
        (b"\xef\xbb\xbfw=a s=0\n", (1, 0, 1, 0)),
        (b"w=a s=" + b"9" * 10_000 + b"\n", (1, 0, 1, 0)),
        (b"w=" + b"a" * 1000 + b" s=0\n", (1, 0, 1, 0)),
    ],
)
def test_odd_files(text: bytes, lines: tuple[int, int, int, int]) -> None:
    found = run(text).lines
    assert (found.total, found.matching, found.malformed, found.blank) == lines


def test_any_byte_may_stand_in_a_name_and_in_any_byte() -> None:
    report = run(b"\xff\xfe a\0 1\n\xff\xfe a 2\n", r".. (?P<writer>[^ ]+) (?P<seq>\d+)")
    assert [one.writer for one in report.writers] == ["a", "a\0"]
    assert run("é 1\n".encode(), "é (?P<seq>[0-9])").lines.matching == 1


def test_findings_are_bounded_and_the_counts_go_on() -> None:
    report = run(b"nonsense\n" * 5000 + b"\0\n" * 15_000)
    assert report.lines.malformed == 20_000
    assert report.bytes.nul_runs == 15_000
    assert len(report.findings) == 20_000
    assert report.notes == (
        "anomalies list the first 10,000 malformed of 20,000",
        "anomalies list the first 10,000 hole of 15,000",
    )


def test_writers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.analysis.foreign.tally.MAX_WRITERS", 100)
    report = run(b"".join(b"w=%d s=%d\n" % (writer, seq) for seq in range(3) for writer in range(150)))
    assert report.records.distinct == 300
    assert report.lines.matching == 450
    assert any("150 lines of the others" in note for note in report.notes)
    assert report.findings == ()
    lines = b"".join(b"w=%d s=0\n" % writer for writer in range(101))
    (found,) = analyze(Chunks([lines]), Pattern(PLAIN), Expected(100, 1)).findings
    assert (found.kind, found.cause.endswith("1 lines of the others are not accounted for")) == ("unexpected", True)


def test_gzip_broken_off_tells_what_came_before(tmp_path: Path) -> None:
    text = b"".join(b"w=a s=%d\n" % number for number in range(100_000))
    whole = tmp_path / "log.gz"
    whole.write_bytes(gzip.compress(text[:500_000]) + gzip.compress(text[500_000:]))
    report = analyze_file(str(whole), PLAIN, Expected(1, 100_000))
    assert (report.records.distinct, report.findings) == (100_000, ())
    broken = tmp_path / "broken"  # told by its first bytes
    broken.write_bytes(gzip.compress(text)[:-5000])
    report = analyze_file(str(broken), PLAIN)
    assert 10_000 < (report.records.distinct or 0) < 100_000
    assert FindingKind.UNREADABLE in [one.kind for one in report.findings]
    no_gzip = tmp_path / "none.gz"
    no_gzip.write_bytes(text)
    report = analyze_file(str(no_gzip), PLAIN)
    assert (report.records.distinct, report.findings) == (100_000, ())
    assert "read as text" in report.notes[0]


def test_what_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    for name in (str(tmp_path), str(tmp_path / "none"), "a\0b", str(tmp_path / "none" / "x"), "x" * 5000):
        with pytest.raises(UsageError):
            Source(name)


def test_a_pattern_that_defeats_the_automaton_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.analysis.foreign.pace.GRACE_S", 0.1)
    line = bytes(random.Random(1).choices(b"ab", k=100_000)) + b"\n"
    with pytest.raises(UsageError, match="too slow on this log"):
        run(line * 10, r"[ab]*a[ab]{900}(?P<seq>\d+)")
    assert run(line * 10, r"[ab]*(?P<seq>\d+)").lines.malformed == 10


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (b"x\n" * 2_000_000, (2_000_000, 0, 2_000_000, 0)),
        (b"\0\n" * 2_000_000, (2_000_000, 0, 2_000_000, 0)),
        (b" \n" * 2_000_000, (2_000_000, 0, 0, 2_000_000)),
        (b"\0" * 20 + b"\n" + b" " * 20 + b"\n" + b" " * 20 + b"x\n" + b" " * 20, (4, 0, 2, 2)),
    ],
)
def test_short_lines_by_the_million_are_told_by_the_column(text: bytes, counts: tuple[int, ...]) -> None:
    began = time.process_time()
    lines = run(text).lines
    assert (lines.total, lines.matching, lines.malformed, lines.blank) == counts
    assert time.process_time() - began < SECONDS


def test_a_file_that_cannot_be_read_from_is_one_line() -> None:
    with pytest.raises(UsageError, match="Input/output error"):
        analyze_file("/proc/self/mem", PLAIN)


def test_no_file_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        analyze_file("-", PLAIN)
    with pytest.raises(UsageError, match="name is empty"):
        analyze_file("", PLAIN)
