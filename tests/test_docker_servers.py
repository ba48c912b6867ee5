"""Database servers on real containers: in their own, and two on one volume; what each row shows."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import services
from harness.engines.docker import recipe
from tests import laws

if TYPE_CHECKING:
    from docker import APIClient

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        any(services.load(name).find() is None for name in services.names()),
        reason="; ".join(services.load(name).remedy for name in services.names()),
    ),
]
HARNESS = str(Path(sys.executable).with_name("harness"))
Document = dict[str, Any]


def run(folder: Path, *arguments: str) -> Document:
    done = subprocess.run(
        [HARNESS, "run", *arguments, "--json"], capture_output=True, text=True, cwd=folder, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: Document = json.loads(done.stdout)
    laws.check(document)
    return document


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Two servers on one volume, each kind, with its controls."""
    return run(tmp_path_factory.mktemp("shared"), "shared-database-volume", "--trials", "2")


def trials(document: Document, case: str) -> list[Document]:
    (found,) = (one for one in document["cases"] if one["name"] == f"shared-database-volume/{case}")
    return list(found["trials"])


def test_each_row_comes_out_as_expected(shared: Document) -> None:
    assert laws.verdicts(shared) == {one["name"]: one["expected"] for one in shared["cases"]}


BESIDE = "server 1 started beside server 0, on the same data"
FOOLED = "LOG:  database system was not properly shut down; automatic recovery in progress"


@pytest.mark.parametrize(("case", "note"), [("redis-two", BESIDE), ("postgres-two", f"{BESIDE}: {FOOLED}")])
def test_two_servers_that_both_start_lose_what_one_acknowledged(shared: Document, case: str, note: str) -> None:
    for trial in trials(shared, case):
        told, *more = trial["notes"]
        assert told == note
        assert all(one.startswith("what is left starts no server any more: ") for one in more), more
        assert trial["records"]["lost"] >= 300, "four of eight writers had the server that lost"
        assert trial["records"]["interleaved"] == trial["records"]["truncated"] == 0


def test_the_server_that_refuses_is_quoted_and_its_writers_are_rejected(shared: Document) -> None:
    for trial in trials(shared, "mariadb-two"):
        (note,) = trial["notes"]
        assert note.startswith("server 1 was refused: [ERROR] mariadbd: Can't lock aria control file")
        assert trial["rejected"] == trial["records"]["indeterminate"] == 800
        assert trial["records"]["intact"] == trial["records"]["acknowledged"] == 800
    (case,) = (one for one in shared["cases"] if one["name"].endswith("mariadb-two"))
    assert "1600 of 3200 operations were rejected" in case["reasons"]


@pytest.mark.parametrize("case", ["redis-one", "postgres-one", "mariadb-one"])
def test_one_server_alone_keeps_everything(shared: Document, case: str) -> None:
    for trial in trials(shared, case):
        assert trial["records"]["intact"] == trial["records"]["acknowledged"] == 1600
        assert trial["notes"] == []


def test_servers_in_their_own_containers_keep_everything(tmp_path: Path) -> None:
    document = run(tmp_path, "database", "--case", "mariadb", "--case", "postgres", "--trials", "1")
    for name in ("mariadb", "postgres"):
        (case,) = (one for one in document["cases"] if one["name"] == f"database/{name}")
        assert case["verdict"] == "safe"
        assert case["trials"][0]["records"]["intact"] == case["trials"][0]["records"]["acknowledged"] == 800


@pytest.fixture
def official(client: "APIClient", run_id: str) -> Iterator[str]:
    """Stands for the official images: users of their own, who own the folders that are theirs there."""
    name = f"harness-test/servers:{run_id}"
    lines = [f"FROM {recipe.recipe().base_image}", "COPY passwd /etc/passwd"]
    users = "root:x:0:0::/:/bin/sh\n"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for number, service in enumerate(map(services.load, services.names()), 901):
            image = service.official_image
            users += f"{image.user}:x:{number}:{number}::/tmp:/bin/sh\n"
            folder = tarfile.TarInfo(service.name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(folder)
            lines.append(f"COPY --chown={number}:{number} {service.name} {image.directory}")
        for path, text in (("passwd", users), ("Dockerfile", "\n".join(lines))):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    context.seek(0)
    for answer in client.build(fileobj=context, custom_context=True, tag=name, rm=True, forcerm=True, decode=True):
        assert "error" not in answer
    yield name
    client.remove_image(name, force=True)


def test_servers_come_from_images_that_are_named(official: str, tmp_path: Path) -> None:
    images = [part for name in services.names() for part in (f"--{name}-image", official)]
    cases = ("--case", "mariadb", "--case", "postgres", "--case", "counter-redis")
    document = run(tmp_path, "database", "read-modify-write", *cases, "--trials", "1", *images)
    assert {one["verdict"] for one in document["cases"] if one["expected"] == "safe"} == {"safe"}


def test_only_servers_that_a_case_needs_are_started(tmp_path: Path) -> None:
    shown = "{{.Actor.Attributes.name}}"
    command = ["docker", "events", "--filter", "event=create", "--filter", "type=container", "--format", shown]
    spy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    document = run(tmp_path, "database", "--case", "postgres", "--trials", "1")
    spy.terminate()
    created = spy.communicate(timeout=60)[0].split()
    mine = {name for name in created if name.startswith(f"harness-{document['run']['id']}-")}
    assert {name.rpartition("-")[2] for name in mine if "writer" not in name} == {"analyser", "postgres"}
