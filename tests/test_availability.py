"""What this host cannot run is skipped: with the reason, without running, and never as safe."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness import availability, plan, runner, scenario, services
from harness.engines.base import Engine, Fleet, FleetSpec
from harness.engines.docker.engine import DockerEngine
from harness.engines.local import LocalEngine
from harness.model import Case, Skip
from harness.plan import Overrides
from harness.services import Service
from harness.strategies.base import Feature
from harness.strategies.flock import Flock

REMEDY = "install a redis server"
ABSENT = replace(services.load("redis"), find=lambda: None, remedy=REMEDY)
NO_SERVER = Skip("no redis server on this host", REMEDY)


class Poor(Engine):
    """Has no tmpfs."""

    name = "poor"

    def lacks_storage(self, storage: str) -> Skip | None:
        return Skip("no tmpfs", "buy memory") if storage == "tmpfs" else None

    def start(self, spec: FleetSpec) -> Fleet:
        raise AssertionError("nothing is to be started")


@pytest.fixture(autouse=True)
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Service:
        assert name == "redis"
        return ABSENT

    monkeypatch.setattr(services, "load", load)


def marked(engine: Engine, name: str, *storages: str) -> Mapping[tuple[str, str], Case]:
    cases = plan.select([scenario.load(name)], Overrides(storages=storages or None))
    return {(case.name, case.storage): case for case in availability.mark(engine, cases)}


def test_a_case_without_its_server_is_skipped_and_the_others_are_not() -> None:
    cases = marked(Poor(), "redis-queue")
    assert cases["list", "volume"].skip == NO_SERVER
    assert [case.name for case in availability.runnable(cases.values())] == ["bare-append", "uncoordinated"]


def test_what_only_skipped_cases_need_is_not_started() -> None:
    spec = runner.fleet_spec("id", availability.runnable(marked(Poor(), "redis-queue").values()))
    assert (spec.services, spec.consumers) == ((), 0)


def test_an_image_that_is_named_stands_for_a_missing_server() -> None:
    named = DockerEngine(service_images={"redis": "redis:7"})
    assert marked(named, "redis-queue")["list", "volume"].skip is None
    assert marked(DockerEngine(), "redis-queue")["list", "volume"].skip == NO_SERVER


def test_a_program_that_members_run_has_to_be_here_whatever_image_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Flock, "programs", ("redis",))
    named = DockerEngine(service_images={"redis": "redis:7"})
    assert marked(named, "locked")["flock", "volume"].skip == Skip("no redis program on this host", REMEDY)


def test_a_storage_that_cannot_be_made_skips_its_cases_only() -> None:
    cases = marked(Poor(), "shared-append", "volume", "tmpfs")
    assert cases["single", "volume"].skip is None
    assert cases["single", "tmpfs"].skip == Skip("no tmpfs", "buy memory")


def test_what_the_engine_lacks_and_the_strategy_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Flock, "needs", (Feature.READ_ONLY_MOUNTS,))
    lacking = Skip("the local engine has no read-only mounts", "use the docker engine")
    assert marked(LocalEngine(), "locked")["flock", "volume"].skip == lacking
    assert marked(DockerEngine(), "locked")["flock", "volume"].skip is None


def test_it_reads_as_one_line() -> None:
    assert str(NO_SERVER) == "no redis server on this host. Install a redis server"
