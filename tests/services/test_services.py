"""What every service declares, and how its command line comes about."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from harness import services
from harness.services import OfficialImage, Service, postgres


def test_the_services_that_there_are() -> None:
    assert services.names() == ["mariadb", "postgres", "redis"]


@pytest.mark.parametrize("name", services.names())
def test_a_service_tells_all_that_an_engine_needs(name: str) -> None:
    service = services.load(name)
    assert service.name == name
    assert service.remedy.startswith("install ")
    assert service.official_image.directory.startswith("/")
    command = service.command("1.2.3.4", 77, "/where")
    assert not any("{" in part for part in command)
    assert any("77" in part for part in command)
    assert any("1.2.3.4" in part for part in command)
    assert any("/where" in part for part in command)


@pytest.mark.parametrize("name", services.names())
def test_what_a_program_needs_is_there(name: str) -> None:
    service = services.load(name)
    if (program := service.find()) is None:
        pytest.skip(f"no {name} server here")
    assert Path(program).is_file()
    assert [path for path in service.files(program) if not Path(path).exists()] == []


PLAIN = Service("x", ("x", "--at", "{directory}"), 1, "", lambda: None, "", OfficialImage("x:1", "x", "/x"))


def test_without_a_set_up_the_command_stands_alone() -> None:
    assert PLAIN.with_setup(PLAIN.command("h", 1, "/d e", ["--more"]), "/d e") == ["x", "--at", "/d e", "--more"]


def test_a_set_up_runs_in_the_directory_and_becomes_the_server(tmp_path: Path) -> None:
    there = tmp_path / "a folder"
    there.mkdir()
    service = dataclasses.replace(PLAIN, setup='echo "$1" >made')
    done = subprocess.run(
        service.with_setup(["/bin/pwd", "-P"], str(there)), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{there}\n"
    assert (there / "made").read_text() == "/bin/pwd\n"


def test_a_set_up_that_fails_starts_no_server(tmp_path: Path) -> None:
    service = dataclasses.replace(PLAIN, setup="false")
    done = subprocess.run(
        service.with_setup(["echo", "up"], str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_the_newest_postgres_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9", "16", "15"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "postgres").touch()
        if version != "16":
            (folder / "initdb").touch()
    monkeypatch.setattr(postgres, "DEBIAN", str(tmp_path))
    assert postgres.find() == f"{tmp_path}/15/bin/postgres"
