"""Files for others to read: whole or not at all, and refused before a run rather than after."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness import files
from harness.errors import HarnessError, UsageError


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "report.xml"
    target.write_text("old")
    files.write(target, "new", "--junit")
    assert target.read_text() == "new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    link = tmp_path / "link"
    link.symlink_to("real")
    files.write(link, "new", "--junit")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_device_is_written_as_it_is() -> None:
    files.write(Path("/dev/null"), "text", "--junit")
    assert Path("/dev/null").is_char_device()


def test_targets_that_cannot_be_written_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--junit: .* is a folder\. Name a file"):
        files.check_target(tmp_path, "--junit")
    with pytest.raises(UsageError, match=r"--junit: there is no folder .*none\. Make it first"):
        files.check_target(tmp_path / "none" / "x", "--junit")
    assert files.check_target(tmp_path / "x", "--junit") == tmp_path / "x"


def test_a_write_that_fails_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"--junit: cannot write .*: No such file or directory"):
        files.write(tmp_path / "none" / "x", "text", "--junit")
    with pytest.raises(UsageError, match=r"--junit: cannot write /proc/x: .*\. Name another file"):
        files.check_target(Path("/proc/x"), "--junit")
    with pytest.raises(UsageError, match=r"--junit: cannot write x+: File name too long"):
        files.check_target(Path("x" * 300), "--junit")
    assert list(tmp_path.iterdir()) == []


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("report")
    with pytest.raises(UsageError, match="--junit and --markdown name the same file"):
        files.distinct({"--junit": tmp_path / "report", "--markdown": tmp_path / "link"})
    files.distinct({"--junit": Path("/dev/stdout"), "--markdown": Path("/dev/stdout"), "--save-baseline": None})


def test_a_link_to_another_file_system_is_followed(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        (tmp_path / "link").symlink_to(Path(elsewhere) / "real")
        files.write(tmp_path / "link", "new", "--junit")
        assert (Path(elsewhere) / "real").read_text() == "new"


def test_standard_output_is_added_to_even_where_it_is_a_file(tmp_path: Path) -> None:
    told = "from pathlib import Path; from harness import files; print(1, flush=True); "
    with (tmp_path / "out").open("w") as out:
        subprocess.run(
            [sys.executable, "-c", f"{told} files.write(Path('/dev/stdout'), 'two', '')"], stdout=out, check=True
        )
    assert (tmp_path / "out").read_text() == "1\ntwo"
