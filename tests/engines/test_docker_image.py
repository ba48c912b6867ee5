"""The image on a real engine: named by its content, reused, small enough, and able to run what members need."""

import io
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from harness.engines.docker import builder, image, layout, once, recipe, slim
from harness.engines.docker.client import find_image
from harness.engines.docker.storage import Mounted
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

pytestmark = pytest.mark.docker


def seen(client: "APIClient", name: str) -> dict[str, Any]:
    found = find_image(client, name)
    assert found is not None
    return found


def test_it_is_reused(client: "APIClient") -> None:
    before = seen(client, recipe.recipe().image)["Created"]
    began = time.monotonic()
    name = image.ensure(client)
    assert time.monotonic() - began < 2
    assert name == recipe.recipe().image
    assert seen(client, name)["Created"] == before


def test_it_is_described(client: "APIClient") -> None:
    described = image.describe(client)
    assert described.name == recipe.recipe().image
    assert described.size_bytes is not None
    assert 20e6 < described.size_bytes < 1e9
    assert {"python", "numpy", "redis"} <= set(described.contents)


def test_other_source_makes_another_image_on_the_same_base(
    client: "APIClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    present = recipe.recipe()
    changed = recipe.Recipe(
        present.base,
        present.python,
        present.platform,
        present.distributions,
        present.programs,
        present.packing,
        "other",
    )
    assert changed.base_image == present.base_image
    assert changed.image != present.image
    said: list[str] = []
    image.ensure(client, changed, said.append)
    try:
        assert said == ["adding the harness to the runtime image"]
        layers = [seen(client, one.image)["RootFS"]["Layers"] for one in (present, changed)]
        assert layers[0][:-1] == layers[1][:-1]
    finally:
        client.remove_image(changed.image)


@pytest.mark.parametrize(
    "argv",
    [
        (layout.PYTHON, "-S", "-c", "import numpy, redis; assert numpy.arange(4).sum() == 6"),
        (layout.PYTHON, "-S", "-c", "import ssl, sqlite3, ctypes, lzma, bz2, zlib, decimal, hashlib, multiprocessing"),
        (layout.PYTHON, "-S", "-c", "import ctypes; ctypes.CDLL(None).fwrite; ctypes.CDLL('libc.so.6').write"),
        (layout.PYTHON, "-S", "-c", "import socket; socket.create_server(('127.0.0.1', 0)).close()"),
        (layout.PYTHON, "-S", "-c", "import getpass, pwd, os; assert pwd.getpwuid(os.getuid()).pw_name == 'harness'"),
        (layout.PYTHON, "-S", "-c", "import sys; assert sys.getfilesystemencoding() == 'utf-8'"),
        (layout.PYTHON, "-S", "-c", "import harness.model as m; assert m.__cached__; open(m.__cached__).close()"),
        (
            "/bin/bash",
            "-c",
            "sleep 0 && ls / | cat && echo x >> /tmp/x && [ $(id -u 2>/dev/null || echo $UID) = 1000 ]",
        ),
        ("/bin/sh", "-c", "redis-server --version"),
    ],
)
def test_what_members_need_is_there(client: "APIClient", run_id: str, argv: tuple[str, ...]) -> None:
    volume = f"harness-{run_id}-volume"
    client.create_volume(volume, labels={"harness.run": run_id})
    try:
        once.run(client, recipe.recipe().image, run_id, argv, Mounted(volume, "/data/volume"))
    finally:
        client.remove_volume(volume)


def test_a_failed_packing_says_so(client: "APIClient", monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "/usr/lib/secret")

    monkeypatch.setattr(builder, "pack", fails)
    present = recipe.recipe()
    changed = recipe.Recipe("host", "other", "other", (), (), "", "")
    with pytest.raises(EngineError, match=r"packing the image from this host failed.*secret"):
        image.ensure(client, changed)
    assert present.image in [tag for one in client.images() for tag in one["RepoTags"] or []]


@pytest.fixture
def official(client: "APIClient", run_id: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Stands for the official image: an interpreter in /usr/local and its version in the environment."""
    name = f"harness-test/python:{run_id}"
    lines = [f"FROM {recipe.recipe().base_image}", f"ENV PYTHON_VERSION={slim.VERSION}.0 LD_LIBRARY_PATH=/opt/lib"]
    for line in client.build(fileobj=io.BytesIO("\n".join(lines).encode()), tag=name, rm=True, decode=True):
        assert "error" not in line
    monkeypatch.setattr(slim, "NAMES", (name,))
    monkeypatch.setattr(image, "choose", lambda _client: recipe.recipe(slim.find(client) or ""))
    yield name
    for tag in (recipe.recipe(slim.find(client) or "").image, recipe.recipe(slim.find(client) or "").base_image, name):
        if find_image(client, tag):
            client.remove_image(tag)


def test_the_official_image_is_the_base_where_it_fits(client: "APIClient", official: str) -> None:
    base = slim.find(client)
    assert base is not None
    assert base.startswith(f"{official}@")
    name = image.ensure(client)
    assert name == recipe.recipe(base).image
    assert seen(client, name)["RootFS"]["Layers"][0] == seen(client, official)["RootFS"]["Layers"][0]
    assert image.describe(client).base == base


def test_an_official_image_that_does_not_work_is_not_used(
    client: "APIClient", official: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = image.check

    def fails_above_slim(connected: "APIClient", wanted: recipe.Recipe) -> None:
        if wanted.base != recipe.HOST:
            raise EngineError("GLIBC_2.99 not found")
        real(connected, wanted)

    monkeypatch.setattr(image, "check", fails_above_slim)
    assert image.ensure(client) == recipe.recipe().image
    assert "GLIBC_2.99" in caplog.text
    assert find_image(client, recipe.recipe(slim.find(client) or "").image) is None


def test_an_official_image_of_another_version_does_not_fit(
    client: "APIClient", official: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slim, "VERSION", "3.99")
    assert slim.find(client) is None


def test_a_pull_without_registry_ends_in_one_line(client: "APIClient", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slim, "NAMES", ("registry.invalid/python:3-slim",))
    with pytest.raises(EngineError, match=r"pulling registry\.invalid"):
        slim.pull(client)
