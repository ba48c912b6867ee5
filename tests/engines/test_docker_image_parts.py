"""What goes into the image: its recipe, the libraries and files it packs; without an engine."""

import io
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines.docker import (
    installed,
    libraries,
    pack,
    recipe,
    slim,
    tree,
)
from harness.engines.docker.export import unpack

LDD = """\
/usr/bin/one:
\tlinux-vdso.so.1 (0x00007f1)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f2)
\tlibodd name.so => /opt/my libs/libodd name.so (0x00007f3)
\tlibgone.so.3 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f4)
/usr/bin/two:
\tstatically linked
/usr/bin/three:
\tlibm.so.6 => /other/libm.so.6 (0x00007f5)
\t/lib/ld-musl-x86_64.so.1 (0x7f6)
\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f6)
"""


def test_the_output_of_ldd() -> None:
    parsed = libraries.parse(LDD)
    assert parsed.found["libm.so.6"] == "/lib/x86_64-linux-gnu/libm.so.6"
    assert "linux-vdso.so.1" not in parsed.found
    assert parsed.found["libc.musl-x86_64.so.1"] == "/lib/ld-musl-x86_64.so.1"
    assert parsed.loaders == {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}
    assert parsed.missing == {"libgone.so.3"}


def test_the_libraries_of_this_host() -> None:
    linked = libraries.linked([Path("/bin/sh")])
    assert all(Path(path).is_file() for path in linked.found.values())
    assert linked.loaders


def test_the_recipe_is_quick_and_stable() -> None:
    first = recipe.recipe()
    began = time.monotonic()
    assert recipe.recipe() == first
    assert time.monotonic() - began < 0.5
    assert first.image.startswith("shared-volume-harness:")
    assert dict(first.distributions).keys() >= {"numpy", "redis"}


def test_the_name_follows_the_content() -> None:
    plain = recipe.recipe()
    assert replace(plain, source="other").base_image == plain.base_image
    assert replace(plain, source="other").image != plain.image
    for other in (
        replace(plain, python="3.99"),
        replace(plain, distributions=()),
        replace(plain, programs=(recipe.Program("x", "/x", 1, 1),)),
        replace(plain, packing="other"),
        replace(plain, base="python:3.11-slim"),
    ):
        assert other.base_image != plain.base_image
        assert other.image != plain.image


def test_the_digest_sees_names_and_contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recipe, "SOURCE", tmp_path)
    digests = set()
    for name, text in (("a.py", "1"), ("a.py", "2"), ("b.py", "2")):
        (tmp_path / name).write_text(text)
        digests.add(recipe.digest_of(recipe.source_files(tmp_path)))
    assert len(digests) == 3
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/x.py").write_text("ignored")
    assert recipe.digest_of(recipe.source_files(tmp_path)) in digests


def test_names_in_requirements() -> None:
    lines = ["async-timeout>=4.0.3; python_full_version < '3.11.3'", "hiredis>=3; extra == 'hiredis'", "pyjwt[crypto]"]
    assert list(installed.required_by(lines)) == ["async-timeout", "pyjwt"]


@pytest.mark.parametrize("listing", [None, "RECORD", "SOURCES.txt"])
def test_files_of_a_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: str | None) -> None:
    """As pip leaves it, and as Debian does: without a list of files, or with one of files that are elsewhere."""
    for name in ("planted/__init__.py", "planted/data.txt", "planted/tests/test_x.py", "planted/stub.pyi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    folder = tmp_path / ("planted-1.dist-info" if listing == "RECORD" else "planted-1.egg-info")
    folder.mkdir()
    (folder / ("METADATA" if listing == "RECORD" else "PKG-INFO")).write_text("Name: planted\nVersion: 1\n")
    (folder / "top_level.txt").write_text("planted\n")
    if listing == "RECORD":
        names = ("planted/__init__.py", "planted/data.txt", "planted/tests/test_x.py", "planted/stub.pyi", "../bin/x")
        (folder / "RECORD").write_text("".join(f"{name},,\n" for name in names))
    elif listing:
        (folder / "SOURCES.txt").write_text("src/planted/__init__.py\nsetup.py\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = dict(installed.distribution_files("planted"))
    assert {name for name in found if name.startswith("planted/")} == {"planted/__init__.py", "planted/data.txt"}
    assert found["planted/__init__.py"] == tmp_path / "planted/__init__.py"


def test_byte_code_is_packed_and_valid(tmp_path: Path) -> None:
    source = tmp_path / "m.py"
    source.write_text("ANSWER = 42\n")
    packed = io.BytesIO()
    with tree.Tree(packed) as made:
        made.module("/x/m.py", source)
        made.file("/x/m.py", Path("/bin/sh"))
        made.content("/x/broken.py", b"def")
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        entries = {entry.name: entry for entry in archive.getmembers()}
        unpack(archive, tmp_path / "out")
    assert list(entries) == [
        "x",
        "x/m.py",
        "x/__pycache__",
        f"x/__pycache__/m.{sys.implementation.cache_tag}.pyc",
        "x/broken.py",
    ]
    assert entries["x/m.py"].size == 12
    command = [sys.executable, "-v", "-c", "import m; print(m.ANSWER)"]
    environment = {"PYTHONPATH": str(tmp_path / "out/x"), "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "42\n"
    assert "matches" in told.stderr


def test_a_program_with_files_is_packed_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "share/deep").mkdir(parents=True)
    for name, mode in (("bin/serve", 0o755), ("bin/make", 0o755), ("lib.so", 0o644), ("share/deep/text", 0o644)):
        (tmp_path / name).write_bytes(b"x")
        (tmp_path / name).chmod(mode)
    inside = f"{tmp_path}/"
    needs = tuple(inside + name for name in ("bin/make", "lib.so", "share"))
    program = recipe.Program("serve", f"{inside}bin/serve", 1, 1, needs)
    packed = io.BytesIO()
    with tree.Tree(packed) as made:
        linked = list(pack.programs(made, [program]))
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        files = {entry.name for entry in archive if entry.isfile()}
        links = {entry.name: entry.linkname for entry in archive if entry.issym()}
    assert files == {inside[1:] + name for name in ("bin/serve", "bin/make", "lib.so", "share/deep/text")}
    assert links == {"opt/bin/serve": f"{inside}bin/serve", "opt/bin/make": f"{inside}bin/make"}
    assert linked == [Path(inside + name) for name in ("bin/serve", "bin/make", "lib.so")]


def test_above_the_official_image_such_programs_lie_there_too() -> None:
    plain, whole = (
        recipe.Program("a", "/opt/a", 1, 1),
        recipe.Program("b", "/usr/bin/b", 1, 1, ("/etc/b", "/usr/lib/b")),
    )
    assert slim._tops([plain, whole]) == ["etc", "usr"]
    assert slim._tops([plain]) == []
