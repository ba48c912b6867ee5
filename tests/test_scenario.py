"""Scenario files: the shipped ones load, and each mistake is named with its file, its key and its remedy."""

import os
from pathlib import Path

import pytest

from harness import scenario
from harness.errors import UsageError
from harness.model import Verdict

GOOD = """
title = "t"
[[case]]
name = "a"
strategy = "append"
options = { writes = 1 }
expected = "safe"
control = "b"
[[case]]
name = "b"
strategy = "append"
options = { writes = 2 }
expected = "unsafe"
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", scenario.shipped())
def test_every_shipped_scenario_loads(name: str) -> None:
    one = scenario.load(name)
    assert one.name == name
    assert one.baseline in {case.name for case in one.cases}


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    one = scenario.load(write(tmp_path, GOOD))
    assert [case.full_name for case in one.cases] == ["mine/a", "mine/b"]
    assert one.case("a").control == "b"
    assert one.case("b").expected is Verdict.UNSAFE
    assert (one.writers, one.trials, one.storages) == (8, 5, ("volume",))


def test_a_case_may_have_its_own_number_of_writers(tmp_path: Path) -> None:
    text = GOOD.replace('title = "t"', 'title = "t"\nwriters = 4').replace('name = "b"', 'name = "b"\nwriters = 1')
    one = scenario.load(write(tmp_path, text))
    assert [(case.writers, case.own_writers) for case in one.cases] == [(4, False), (1, True)]


MISTAKES = [
    ('name = "b"', 'name = "b"\nwriters = 0', "case b.writers: 0 writers. Take 1 to 256"),
    ("title", "titel", "unknown key 'titel'. Did you mean 'title'?"),
    ('title = "t"', "", "title is missing"),
    (
        'strategy = "append"\noptions = { writes = 1 }',
        'strategy = "apend"',
        "no strategy 'apend'. Did you mean 'append'?",
    ),
    ('strategy = "append"\noptions = { writes = 1 }', 'strategy = "../os"', "no strategy '../os'"),
    ('strategy = "append"\noptions = { writes = 1 }', 'strategy = "base"', "no strategy 'base'"),
    ("writes = 1", "writes = 3", "option 'writes' must be one of 1, 2, not 3"),
    ("writes = 1", "writes = true", "option 'writes' must be a whole number, not true"),
    ("writes = 1", "wirtes = 1", "unknown option 'wirtes' (there are: writes)"),
    ('expected = "safe"', 'expected = "perhaps"', "expected is 'perhaps'. Write safe or unsafe"),
    ('control = "b"', "", "expected to be safe but names no control"),
    ('control = "b"', 'control = "a"', "its control 'a' is no case that is expected to be unsafe"),
    ('name = "b"', 'name = "a"', "two cases are named a"),
    ('name = "b"', 'name = "B/.."', "a name is lower-case letters, digits and dashes"),
    ('title = "t"', 'title = "t"\nwriters = 0', "0 writers. Take 1 to 256"),
    ('title = "t"', 'title = "t"\nwriters = 100000', "100000 writers. Take 1 to 256"),
    ('title = "t"', 'title = "t"\nwriters = "8"', 'writers is "8". It must be a whole number'),
    ('title = "t"', 'title = "t"\ntrials = 0', "0 trials"),
    ('title = "t"', 'title = "t"\nstorage = "cloud"', "no storage 'cloud'. Take volume"),
    ('title = "t"', 'title = "t"\nbaseline = "z"', "baseline is 'z', which is no case. There are: a, b"),
    ('title = "t"', 'title = "t"\nworkload = { records = 0 }', "0 records per writer"),
    (
        'title = "t"',
        'title = "t"\nworkload = { record_bytes = 31 }',
        "a record size of 31 to 31 bytes. Take 32 to 1048576",
    ),
    ('title = "t"', 'title = "t"\nworkload = { record_bytes = [9, 1, 2] }', "Write a number, or [smallest, largest]"),
    ('title = "t"', 'title = "t"\nworkload = { recrods = 1 }', "unknown key 'recrods'. Did you mean 'records'?"),
    ('title = "t"', 'title = "t"\nworkload = { duration_s = -1 }', "a duration of -1 s"),
    ('title = "t"', "title = ", "is not valid TOML"),
    ("options = { writes = 1 }", "options = 3", "case a: options is 3. It must be a table"),
    ("options = { writes = 1 }", 'summary = ["x", true]', 'case a: summary is ["x", true]. It must be a text'),
    ("options = { writes = 1 }", 'summary = "x\\ny"', 'case a: summary is "x\\ny". Write one line'),
    ("options = { writes = 1 }", 'summary = "\\u001b[31m"', 'case a: summary is "\\u001b[31m". Write one line'),
    ('title = "t"', 'title = "x\\ny"', 'title is "x\\ny". Write one line'),
    ('name = "b"', "", "case number 2: name is missing"),
    ('name = "b"', 'name = "b\\n"', 'case "b\\n": a name is lower-case letters, digits and dashes, 64 at most'),
    ('name = "b"', f'name = "{"b" * 65}"', "a name is lower-case letters, digits and dashes, 64 at most"),
    ('name = "b"', 'name = "b"\nwriters = "2"', 'case b: writers is "2". It must be a whole number'),
    ('name = "b"', 'name = "b"\nworkload = { records = 1.5 }', "case b.workload: records is 1.5. It must be a whole"),
    ('title = "t"', 'title = "t"\ntrials = 2026-01-01', 'trials is "2026-01-01". It must be a whole number'),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(UsageError) as raised:
        scenario.load(path)
    assert message in str(raised.value)
    assert path in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_case_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \[\[case\]\]"):
        scenario.load(write(tmp_path, 'title = "t"'))


@pytest.mark.parametrize("name", ["shared-apend", "../locked", "", "LOCKED"])
def test_an_unknown_name(name: str) -> None:
    with pytest.raises(UsageError):
        scenario.load(name)


def test_a_missing_file_and_a_binary_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        scenario.load(str(tmp_path / "none.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"byte 0xff at 0 is not UTF-8\. Save it as UTF-8"):
        scenario.load(str(tmp_path / "binary.toml"))


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8-sig")
    assert scenario.load(str(tmp_path / "mine.toml")).title == "t"


def test_what_is_no_file_of_that_size_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in ("/dev/zero", str(tmp_path / "pipe.toml"), f"{tmp_path}/"):
        with pytest.raises(UsageError, match=r"is no file\. Name a \.toml file"):
            scenario.load(path)
    (tmp_path / "large.toml").write_bytes(b"#" * (scenario.MAX_FILE_BYTES + 1))
    with pytest.raises(UsageError, match="has more than 1048576 bytes"):
        scenario.load(str(tmp_path / "large.toml"))
