"""Laws on arbitrary input: sums close, counts are those of the plain definition, columns agree with RE2."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.foreign import Chunks, Expected, Pattern, Report, analyze
from harness.analysis.foreign.columns import Columns
from harness.analysis.foreign.lines import begin
from harness.analysis.foreign.seen import Seen
from harness.analysis.foreign.shape import shape_of
from harness.analysis.foreign.tally import Tally

PATTERN = r"w(?P<writer>\d+) s(?P<seq>\d+)!"
WHOLE = re.compile(PATTERN.encode().replace(b"?P<writer>", b"").replace(b"?P<seq>", b""))
pieces = st.sampled_from(
    [b"w1 s0!\n", b"w1 s1!\n", b"w2 s7!\r\n", b"w1 s2", b"!", b"\n", b"\0\0", b" ", b"\xff", b"w", b"s3!\n"]
)
texts = st.lists(st.one_of(pieces, st.binary(max_size=5)), max_size=60).map(b"".join)


def run(text: bytes, size: int = 1 << 20, expected: Expected = Expected(), pattern: str = PATTERN) -> Report:  # noqa: B008
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    return analyze(Chunks(chunks), Pattern(pattern), expected)


def by_definition(text: bytes) -> tuple[int, ...]:
    """Total, matching, blank lines; distinct, duplicated, missing, reordered records."""
    lines = text.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    lines = [one.removesuffix(b"\r") for one in lines]
    blank = sum(not one.strip(b" \t\r") for one in lines)
    seen: dict[int, set[int]] = {}
    duplicated = reordered = matching = 0
    for one in lines:
        if match := WHOLE.fullmatch(one):
            matching += 1
            numbers = seen.setdefault(int(match[1]), set())
            if int(match[2]) in numbers:
                duplicated += 1
            elif numbers and int(match[2]) < max(numbers):
                reordered += 1
            numbers.add(int(match[2]))
    distinct = sum(map(len, seen.values()))
    missing = sum(max(one) - min(one) + 1 - len(one) for one in seen.values())
    return len(lines), matching, blank, distinct, duplicated, missing, reordered


@settings(max_examples=200, deadline=None)
@given(texts, st.integers(1, 40))
def test_counts_are_those_of_the_definition_however_the_input_is_cut(text: bytes, size: int) -> None:
    report = run(text, size)
    lines, records = report.lines, report.records
    found = (
        lines.total,
        lines.matching,
        lines.blank,
        records.distinct,
        records.duplicated,
        records.missing,
        records.reordered,
    )
    assert found == by_definition(text)
    assert lines.matching + lines.malformed + lines.blank == lines.total
    assert report.bytes.total == len(text)
    assert report.bytes.nul == text.count(b"\0")
    assert report.bytes.nul_runs == len(re.findall(rb"\0+", text))
    assert report == run(text)


@settings(max_examples=100, deadline=None)
@given(texts, st.integers(1, 4), st.integers(1, 5))
def test_distinct_and_missing_are_expected_and_unexpected(text: bytes, writers: int, records: int) -> None:
    found = run(text, expected=Expected(writers, records)).records
    assert found.distinct is not None
    assert found.missing is not None
    assert found.distinct + found.missing == writers * records + found.unexpected
    assert found.missing_in_pieces <= found.missing


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), max_size=20), max_size=12))
def test_intervals_are_a_set(batches: list[list[int]]) -> None:
    import numpy as np

    seen, model = Seen(), set[int]()
    for batch in batches:
        unique = np.array(sorted(set(batch)), np.int64)
        held = seen.holds(unique)
        assert held.tolist() == [number in model for number in unique.tolist()]
        seen.add(unique[~held])
        model |= set(batch)
    low, high = seen.intervals()
    numbers = [number for a, b in zip(low.tolist(), high.tolist(), strict=True) for number in range(a, b + 1)]
    assert numbers == sorted(model)
    assert all(after - before > 1 for after, before in zip(low[1:].tolist(), high[:-1].tolist(), strict=True))


atoms = st.sampled_from(
    ["a", "b", "ab", "=", r"\d", r"\w", r"\S", r"\.", "[a-c]", "[^=]", "[ab1]", "x", " ", r"[^\d ]", "."]
)
quantifiers = st.sampled_from(["", "", "", "+", "*", "{2}", "{1,3}", "{0,2}", "{2,}"])
groups = st.sampled_from(["{}", "{}", "({})", "(?:{})"])
part = st.builds(lambda group, atom, many: group.replace("{}", atom + many, 1), groups, atoms, quantifiers)
patterns = st.builds(
    lambda parts, writer, seq: (
        "".join(parts[:2]) + f"(?P<writer>{writer})=" + "".join(parts[2:4]) + f"(?P<seq>{seq})" + "".join(parts[4:])
    ),
    st.lists(part, max_size=6),
    st.sampled_from(["[a-c]+", r"\w*", r"[^=]+", "a", r"a\d+", r"\S{2}"]),
    st.sampled_from([r"\d+", r"1\d*", "[0-9]{1,2}", r"\d*"]),
)
lines = st.lists(st.text("ab1=x .\r2", max_size=14).map(str.encode), min_size=1, max_size=30)


@settings(max_examples=400, deadline=None)
@given(patterns, lines)
def test_columns_match_as_re2_does(pattern: str, rows: list[bytes]) -> None:
    import numpy as np

    tally = Tally()
    columns = Columns.of(pattern, tally)
    if columns is None:
        return
    text = b"\n".join(rows) + b"\n"
    told, plain = begin(text)
    asked = np.flatnonzero(plain)
    padded = np.frombuffer(text + b"\n" * 16, np.uint8)
    hit, writer, seq, unsure = columns.match(padded, told.start[asked], told.end[asked])
    found = {
        int(asked[at]): (tally.states[w].name, s) for at, w, s in zip(hit, writer.tolist(), seq.tolist(), strict=True)
    }
    read = Pattern(pattern)
    for at in asked.tolist():
        one = text[told.start[at] : told.end[at]]
        spans = read.spans(one)
        digits = one[slice(*spans[read.seq])] if spans else b""
        if spans and digits.isdigit():
            assert found.get(at) == (one[slice(*spans[read.writer])], int(digits)), (pattern, one)
        else:
            assert at not in found, (pattern, one)
        assert spans is None or at in found or at in asked[unsure], (pattern, one)


def test_usual_patterns_have_a_shape() -> None:
    for pattern in (
        r"writer=(?P<writer>\d+) seq=(?P<seq>\d+) payload=.*",
        r"^\[(?P<writer>[\w-]+)\] (?P<seq>[0-9]{1,9}) - .+$",
        r"\S+ \S+ (?P<writer>w\d+):(?P<seq>\d+) x{64}",
        r'\{"writer": "(?P<writer>[^"]+)", "seq": (?P<seq>\d+)\}',
    ):
        assert shape_of(pattern), pattern
    for pattern in (r"a*a", r"a?", r"a|b", r"(a(b))", r"(ab)+", r"a+?b", r"\bx", "[[:alpha:]]+", "é+", "(?i)a"):
        assert shape_of(pattern) is None, pattern
