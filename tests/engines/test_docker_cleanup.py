"""Leftovers on a real engine: found by label, removed when their owner is gone, left alone while it lives."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.engines.base import LABEL
from harness.engines.docker import cleanup
from harness.engines.docker.ownership import OWNER_LABEL, Owner, OwnerId
from tests.docker_fixtures import STUB

if TYPE_CHECKING:
    from docker import APIClient

pytestmark = pytest.mark.docker
Left = Callable[[], list[tuple[str, str]]]
RUN = """
    import sys, time
    from harness import services
    from harness.engines.base import FleetSpec
    from harness.engines.docker.engine import DockerEngine
    redis, kinds = services.load("redis"), ("volume", "bind:" + sys.argv[2])
    spec = FleetSpec(sys.argv[1], writers=2, services=(redis,), storages=kinds)
    fleet = DockerEngine(agent=sys.argv[3:]).start(spec)
    print("started", flush=True)
    time.sleep(600)
"""


@contextmanager
def running_harness(run_id: str, directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds a fleet."""
    command = [sys.executable, "-c", textwrap.dedent(RUN), run_id, str(directory), *STUB]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "started\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_a_killed_run_left_is_removed_and_what_a_live_one_holds_is_not(
    client: "APIClient", run_id: str, left: Left, tmp_path: Path
) -> None:
    with running_harness(run_id, tmp_path) as process:
        held = left()
        assert {kind for kind, _ in held} == {"container", "network", "volume", "directory"}
        states = {item.owner for item in cleanup.find_leftovers(client) if item.run_id == run_id}
        assert states == {Owner.ALIVE}
        assert cleanup.clean(client).running["container"] >= 4
        assert left() == held
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = cleanup.clean(client)
    assert done.removed["container"] >= 4
    assert done.removed["directory"] >= 1
    assert done.removed["network"] >= 1
    assert done.removed["volume"] >= 3
    assert not any(run_id in problem for problem in done.problems)
    assert left() == []
    assert list(tmp_path.iterdir()) == []


def test_what_carries_no_label_of_ours_stays(client: "APIClient", run_id: str) -> None:
    name = f"{run_id}-foreign"
    client.create_volume(name, labels={"somebody": "else"})
    try:
        cleanup.clean(client, force=False)
        assert client.inspect_volume(name)["Name"] == name
    finally:
        client.remove_volume(name)


@pytest.mark.parametrize(("host", "state"), [("another-host", Owner.UNKNOWN), (None, Owner.GONE)])
def test_a_volume_of_another_host_stays_without_force(
    client: "APIClient", run_id: str, left: Left, host: str | None, state: Owner
) -> None:
    me = OwnerId.of_this_process()
    ended = OwnerId(host or me.host, me.boot, me.namespace, me.pid, "1")
    name = f"harness-{run_id}-volume"
    client.create_volume(name, labels={LABEL: run_id, OWNER_LABEL: ended.label()})
    assert [item.owner for item in cleanup.find_leftovers(client) if item.run_id == run_id] == [state]
    cleanup.clean(client)
    assert left() == ([("volume", name)] if state is Owner.UNKNOWN else [])
    cleanup.remove_run(client, run_id)
    assert left() == []
