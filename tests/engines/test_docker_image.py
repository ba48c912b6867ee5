"""The image on a real engine: named by its content, reused, small enough, and able to run what members need."""

import time
from typing import TYPE_CHECKING

import pytest

from harness.engines.docker import image, layout, once, recipe
from harness.engines.docker.storage import Mounted
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

pytestmark = pytest.mark.docker


def test_it_is_reused(client: "APIClient") -> None:
    before = client.inspect_image(recipe.recipe().image)["Created"]
    began = time.monotonic()
    name = image.ensure(client)
    assert time.monotonic() - began < 2
    assert name == recipe.recipe().image
    assert client.inspect_image(name)["Created"] == before


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
        layers = [client.inspect_image(one.image)["RootFS"]["Layers"] for one in (present, changed)]
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

    monkeypatch.setattr(image, "pack", fails)
    present = recipe.recipe()
    changed = recipe.Recipe("host", "other", "other", (), (), "", "")
    with pytest.raises(EngineError, match=r"packing the image from this host failed.*secret"):
        image.ensure(client, changed)
    assert present.image in [tag for one in client.images() for tag in one["RepoTags"] or []]
