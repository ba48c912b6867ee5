"""``harness analyze`` as users call it: output, exit codes, standard input, gzip, the harness's own format."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.trace.record import encode

PATTERN = r"w=(?P<writer>\w+) s=(?P<seq>\d+)"
LOG = b"".join(b"w=%d s=%d\n" % (number % 2, number // 2) for number in range(20))


def call(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", "from harness.cli import main; main()", "analyze", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def document(*arguments: str, given: bytes = b"", code: int) -> Any:
    done = call(*arguments, "--json", given=given)
    assert done.returncode == code, done
    assert done.stderr == b""
    return json.loads(done.stdout)


def test_an_intact_log_exits_0_and_a_damaged_one_1(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(LOG)
    found = document(str(path), "--pattern", PATTERN, "--writers", "2", "--records", "10", code=0)
    assert found["bytes"] == {"total": len(LOG), "nul": 0, "nul_runs": 0}
    assert found["lines"] == {"total": 20, "matching": 20, "malformed": 0, "blank": 0}
    assert {key: found["records"][key] for key in ("distinct", "duplicated", "missing", "reordered")} == {
        "distinct": 20,
        "duplicated": 0,
        "missing": 0,
        "reordered": 0,
    }
    assert [one["writer"] for one in found["writers"]] == ["0", "1"]
    assert found["anomalies"] == []
    path.write_bytes(LOG[:-9])
    done = call(str(path), "--pattern", PATTERN, "--writers", "2", "--records", "10")
    assert done.returncode == 1
    assert b"DAMAGED" in done.stdout
    assert b"missing writer 1 record 9" in done.stdout


def test_standard_input_and_gzip(tmp_path: Path) -> None:
    for given in (LOG, gzip.compress(LOG)):
        assert document("-", "--pattern", PATTERN, given=given, code=0)["records"]["distinct"] == 20
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(LOG)[:-10])
    found = document(str(path), "--pattern", PATTERN, code=1)
    assert found["anomalies"][-1]["kind"] == "unreadable"


def test_usage_errors_are_one_line_and_exit_2(tmp_path: Path) -> None:
    path = str(tmp_path / "app.log")
    Path(path).write_bytes(LOG)
    for arguments in (
        (str(tmp_path / "none"), "--pattern", "x"),
        (str(tmp_path), "--pattern", "x"),
        (str(tmp_path),),
        (path, "--pattern", "("),
        (path, "--pattern", r"(?P<seq>\d)\1"),
        (path, "--pattern", r"s=(?P<seq>\d+)", "--writers", "2", "--records", "3"),
        (path, "--pattern", PATTERN, "--journals", str(tmp_path)),
        (path, "--journals", str(tmp_path / "none")),
    ):
        done = call(*arguments)
        assert done.returncode == 2, done
        assert done.stdout == b""
        assert done.stderr.count(b"\n") == 1
        assert done.stderr.startswith(b"harness: ")
    assert call(path, "--pattern", "x", "--writers", "0").returncode == 2


@pytest.mark.parametrize("packed", [False, True])
def test_the_own_format_has_the_same_keys(tmp_path: Path, packed: bool) -> None:
    records = [encode(writer, seq, 100) for seq in range(50) for writer in range(2)]
    path = tmp_path / "own.log"
    path.write_bytes(b"".join(records))
    found = document(str(path), code=0)
    assert found["lines"]["matching"] == found["records"]["distinct"] == found["records"]["intact"] == 100
    assert found["bytes"]["intact"] == found["bytes"]["total"] == 10_000
    torn = records[10][:60] + records[11][:-1] + records[10][60:] + b"\n"
    text = b"".join([*records[:10], torn, *records[12:40], *records[41:]])
    path.write_bytes(gzip.compress(text) if packed else text)
    found = document("-", given=path.read_bytes(), code=1) if packed else document(str(path), code=1)
    assert found["lines"] == {"total": 99, "matching": 97, "malformed": 1, "blank": 1}
    assert (found["records"]["distinct"], found["records"]["missing"]) == (97, 3)
    malformed = next(one for one in found["anomalies"] if one["kind"] == "malformed")
    assert malformed["records"] == [{"writer": "0", "seq": 5}, {"writer": "1", "seq": 5}]
    assert [one["writer"] for one in found["writers"]] == ["0", "1"]
    assert found["account"]["records"]["interleaved"] >= 1


def test_a_writers_name_does_not_act_on_the_terminal() -> None:
    done = call("-", "--pattern", r"(?P<writer>[^ ]+) (?P<seq>\d)", given=b"\x1b[31m 1\n\x1b[31m 3\n")
    assert b"\x1b" not in done.stdout
    assert rb"missing writer \x1b[31m record 2" in done.stdout
