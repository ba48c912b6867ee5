"""The docker engine's pure parts: frames and lines, names by content, ldd's output, blueprints, messages."""

import hashlib
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import services
from harness.agent.protocol import LINGER
from harness.engines.base import LABEL, FleetSpec
from harness.engines.docker import (
    attach,
    blueprint,
    client,
    directories,
    errors,
    installed,
    interrupt,
    libraries,
    pack,
    recipe,
    slim,
    storage,
    tree,
)
from harness.engines.docker.export import unpack
from harness.engines.docker.ownership import OWNER_LABEL, Owner, OwnerId, state
from harness.errors import EngineError, UsageError

FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=12)


def framed(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


@given(FRAMES, st.lists(st.integers(0, 600), max_size=20))
def test_frames_survive_any_cut(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(framed(*frame) for frame in frames)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    decoder = attach.FrameDecoder()
    seen = [frame for start, end in pairwise(edges) for frame in decoder.feed(data[start:end])]
    assert seen == frames


@given(st.lists(st.binary(max_size=30), max_size=12))
def test_lines_survive_any_cut(pieces: list[bytes]) -> None:
    buffer = attach.LineBuffer()
    lines = [line for piece in pieces for line in buffer.feed(piece)]
    assert b"\n".join([*lines, buffer.rest()]) == b"".join(pieces)
    assert all(b"\n" not in line for line in lines)


def test_a_line_without_end_is_refused() -> None:
    buffer = attach.LineBuffer(limit_bytes=10)
    buffer.feed(b"12345\n1234567890")
    with pytest.raises(attach.LineTooLong):
        buffer.feed(b"1")


def test_a_stream_keeps_stdout_and_stderr_apart() -> None:
    ours, theirs = socket.socketpair()
    heard: list[str] = []
    stream = attach.AttachedStream(ours, heard.append)
    with theirs:
        data = framed(2, b"war") + framed(1, b'{"a"') + framed(2, b"ning\ntail") + framed(1, b":1}\n{}\n")
        for index in range(len(data)):
            theirs.sendall(data[index : index + 1])
        assert stream.next_line(1) == b'{"a":1}'
        assert stream.next_line(1) == b"{}"
        assert heard == ["warning"]
        stream.send_line(b"job")
        assert theirs.recv(10) == b"job\n"
        with pytest.raises(TimeoutError):
            stream.next_line(0.01)
    with pytest.raises(attach.StreamEnded):
        stream.next_line(1)
    assert heard == ["warning", "tail"]
    stream.close()


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


SPEC = FleetSpec(run_id="r", writers=2, consumers=1, observers=1, services=(services.load("redis"),))


def test_a_blueprint_names_all_there_will_be() -> None:
    drawn = blueprint.draw(SPEC, "image:1", agent=("agent",))
    assert [container.name for container in drawn.members.values()] == [
        "harness-r-writer-0000",
        "harness-r-writer-0001",
        "harness-r-consumer-0000",
        "harness-r-observer-0000",
        "harness-r-analyser",
    ]
    assert [item.source for item in drawn.volumes] == ["harness-r-volume", "harness-r-journal", "harness-r-redis-data"]
    assert drawn.network == "harness-r"
    assert drawn.members["writer-1"].argv == ("agent", "writer", "/data/volume")
    assert drawn.members["analyser"].argv == ("agent", "analyser")
    assert drawn.members["analyser"].network is None
    assert drawn.labels[LABEL] == "r"
    assert drawn.servers["redis"].argv[3:5] == ["--port", "6379"]
    assert "/data/service" in drawn.servers["redis"].argv


def test_the_analyser_mounts_read_only_and_only_the_first_gives_the_owner() -> None:
    drawn = blueprint.draw(SPEC, "image:1")
    for name, container in drawn.members.items():
        mounts = [mount for mount in container.mounts if not mount.target.startswith("/read-only")]
        assert [mount.read_only for mount in mounts] == [name == "analyser"] * 2
        assert [mount.gives_owner for mount in mounts] == [name == "writer-0", False]


def test_observers_see_each_storage_a_second_time_read_only() -> None:
    drawn = blueprint.draw(replace(SPEC, storages=("volume", "bind:/tmp")), "image:1")
    seen = [(mount.target, mount.read_only, mount.bind) for mount in drawn.members["observer-0"].mounts]
    assert seen == [
        ("/data/volume", False, False),
        ("/data/bind-1", False, True),
        ("/read-only/volume", True, False),
        ("/read-only/bind-1", True, True),
        ("/journal", False, False),
    ]
    assert [item.read_only_target for item in drawn.storages] == ["/read-only/volume", "/read-only/bind-1"]


def test_members_on_a_network_do_not_end_all_at_once() -> None:
    lingers = [one.environment[LINGER] for one in blueprint.draw(SPEC, "image:1").members.values()]
    assert len(set(lingers)) == len(lingers)
    alone = blueprint.draw(replace(SPEC, services=()), "image:1").members.values()
    assert not any(one.environment for one in alone)


def test_no_network_without_a_service() -> None:
    drawn = blueprint.draw(replace(SPEC, services=()), "image:1")
    assert drawn.network is None
    assert {container.network for container in drawn.members.values()} == {None}


def test_writers_reach_consumers_by_name_where_a_strategy_wants_it() -> None:
    drawn = blueprint.draw(replace(SPEC, services=(), network=True), "image:1")
    assert drawn.network == "harness-r"
    aliases = {name: container.alias for name, container in drawn.members.items() if container.network}
    assert aliases == {"writer-0": "", "writer-1": "", "consumer-0": "consumer-0", "observer-0": ""}


def test_a_service_image_replaces_the_packed_program() -> None:
    drawn = blueprint.draw(SPEC, "image:1", service_images={"redis": "redis:7"})
    assert drawn.servers["redis"].image == "redis:7"
    assert drawn.members["writer-0"].image == "image:1"


def test_an_official_image_runs_as_its_own_user_on_the_folder_that_is_this_users() -> None:
    service = services.load("postgres")
    spec = replace(SPEC, services=(service,))
    own = blueprint.draw(spec, "image:1").servers["postgres"]
    official = blueprint.draw(spec, "image:1", service_images={"postgres": "postgres:17"}).servers["postgres"]
    assert (own.user, [mount.target for mount in own.mounts]) == ("1000:1000", ["/data/service"])
    assert (official.user, [mount.target for mount in official.mounts]) == ("postgres", ["/var/lib/postgresql"])
    assert all(mount.gives_owner for mount in (*own.mounts, *official.mounts))
    assert "/var/lib/postgresql/server" in official.argv


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


def test_memory_limits_bear_what_members_write_to_memory() -> None:
    plain = blueprint.draw(replace(SPEC, journal_bytes=0), "i").members["writer-0"].limits.memory_bytes
    more = blueprint.draw(replace(SPEC, journal_bytes=2**30), "i").members["writer-0"].limits.memory_bytes
    tmpfs = blueprint.draw(replace(SPEC, journal_bytes=0, storages=("tmpfs",)), "i").members["writer-0"].limits
    assert more - plain == 2**29
    assert tmpfs.memory_bytes - plain == storage.SIZE_BYTES


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("floppy", "no storage of kind 'floppy'"),
        ("volume:x", "takes no argument"),
        ("bind:", "no storage of kind 'bind:'"),
        ("image:zfs", "no storage image:zfs. Choose one of: image:xfs, image:btrfs, image:ext4"),
        ("bind:relative", "not an absolute path"),
        ("bind:/no/such/place", "no such directory"),
    ],
)
def test_storages_that_cannot_be_had(kind: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        storage.plan([kind], "r")


def test_two_binds_get_two_places(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    planned = storage.plan([f"bind:{tmp_path}/a", f"bind:{tmp_path}/b"], "r")
    assert [item.source for item in planned] == [f"{tmp_path}/a/harness-r-0", f"{tmp_path}/b/harness-r-1"]
    assert len({item.target for item in planned}) == 2


def test_only_directories_named_after_the_run_are_ever_taken_for_its_own(tmp_path: Path) -> None:
    mine, other = tmp_path / "harness-r-0", tmp_path / "precious"
    mine.mkdir()
    other.mkdir()
    labels = {directories.LABEL: directories.label([str(mine), str(other), str(tmp_path / "harness-r-9")])}
    assert directories.labelled(labels, "r") == [str(mine)]
    assert directories.labelled(labels, "another") == []
    assert directories.labelled({directories.LABEL: "no JSON"}, "r") == []
    assert directories.labelled({}, "r") == []


def test_owners() -> None:
    me = OwnerId.of_this_process()
    assert OwnerId.from_label(me.label()) == me
    assert state(me) is Owner.ALIVE
    assert state(replace(me, started="1")) is Owner.GONE
    assert state(replace(me, boot="another")) is Owner.GONE
    assert state(replace(me, host="another")) is Owner.UNKNOWN
    assert state(replace(me, namespace="another")) is Owner.UNKNOWN
    assert state(None) is Owner.UNKNOWN
    assert OwnerId.from_label("") is None
    assert OWNER_LABEL.startswith("harness.")


def test_an_ended_process_is_gone() -> None:
    process = subprocess.Popen(["sleep", "60"])
    owner = replace(OwnerId.of_this_process(), pid=process.pid, started=_started(process.pid))
    assert state(owner) is Owner.ALIVE
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state(owner) is Owner.GONE, "a zombie has ended"
    process.wait()
    assert state(owner) is Owner.GONE


def _started(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("write /x: no space left on device", "disk is full"),
        ("PermissionError(13, 'Permission denied') connecting to docker.sock", "no permission"),
        ("HTTPConnectionPool: Read timed out.", "did not answer in time"),
        ("('Connection aborted.', ConnectionRefusedError(111, 'Connection refused'))", "not reachable"),
        ("('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))", "not reachable"),
        ("client version 1.99 is too new. Maximum supported API version is 1.41", "pdate the Docker engine"),
        ("No such image: redis:7", "docker pull"),
        ("OCI runtime create failed: exec: no such file or directory", "OCI runtime"),
        ("two\nlines", "two lines"),
    ],
)
def test_errors_are_explained(text: str, says: str) -> None:
    explained = errors.explain("starting writer-0", OSError(text))
    assert says in str(explained)
    assert str(explained).startswith("starting writer-0: ")
    assert "\n" not in str(explained)


def test_no_engine_is_told_quickly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    began = time.monotonic()
    available, reason = client.docker_available()
    assert time.monotonic() - began < 1
    assert not available
    assert f"unix://{tmp_path}/none.sock" in reason
    with pytest.raises(EngineError, match="no Docker engine answers"):
        client.connect()


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:9", "http://127.0.0.1:9", "nonsense", "unix:///"])
def test_no_endpoint_ends_in_a_traceback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    available, reason = client.docker_available()
    assert not available
    assert host in reason
    with pytest.raises(EngineError):
        client.connect()


def test_the_context_in_use_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert client.endpoint().startswith("unix://")
    folder = tmp_path / "contexts/meta" / hashlib.sha256(b"desk").hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text('{"Endpoints": {"docker": {"Host": "unix:///desk.sock"}}}')
    (tmp_path / "config.json").write_text('{"currentContext": "desk"}')
    assert client.endpoint() == "unix:///desk.sock"
    (tmp_path / "config.json").write_text("broken")
    assert client.endpoint().startswith("unix://")


def test_interrupts_wait_for_the_end() -> None:
    done: list[int] = []

    def work() -> None:
        for _ in range(5):
            time.sleep(0.02)
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        done.append(1)

    with pytest.raises(KeyboardInterrupt):
        interrupt.finish(work)
    assert done == [1]


def test_a_failure_is_handed_on() -> None:
    def fails() -> None:
        raise EngineError("planted")

    with pytest.raises(EngineError, match="planted"):
        interrupt.finish(fails)
