"""What a run will create, decided before anything is created; without an engine."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness import services
from harness.agent.protocol import LINGER
from harness.engines.base import LABEL, FleetSpec
from harness.engines.docker import (
    blueprint,
    directories,
    storage,
)
from harness.errors import EngineError, UsageError

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
        ("bind:/etc/passwd", "storage bind:/etc/passwd: is a file. Name a directory"),
    ],
)
def test_storages_that_cannot_be_had(kind: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        storage.plan([kind], "r")


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}/file")
    with pytest.raises(EngineError) as caught:
        storage.plan(["bind"], "r")
    assert str(caught.value) == (
        f"cannot make {tmp_path}/file/shared-volume-harness/bind: Not a directory. "
        "Set XDG_CACHE_HOME to a writable folder"
    )


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
