"""All that a run will create, decided before anything is created: names, mounts, limits.

So the fleet knows what to remove whatever moment it is stopped at, and the decisions are tested without an engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.agent.protocol import LINGER
from harness.engines.base import LABEL, FleetSpec, consumer_names
from harness.engines.docker import containers, directories, layout, server, storage
from harness.engines.docker.containers import Container, Limits
from harness.engines.docker.ownership import OWNER_LABEL, OwnerId
from harness.engines.docker.storage import Storage
from harness.services import Service
from harness.trace import reads

LINGER_STEP_S = 0.05
"""Members on a network that lose their harness end one after the other. Engine 20.10 has been seen to lock up for good,
in libnetwork, when twelve containers left one network at the same instant."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What one run creates. ``members`` and ``servers`` map names to containers, in the order of their start."""

    run_id: str
    labels: Mapping[str, str]
    storages: Sequence[Storage]
    journal: Storage
    volumes: Sequence[Storage]
    network: str | None
    members: Mapping[str, Container]
    servers: Mapping[str, Container]

    @property
    def directories(self) -> list[Storage]:
        """Storages that are directories of the host."""
        return [item for item in self.storages if item.options is None]


def draw(
    spec: FleetSpec, image: str, agent: Sequence[str] = layout.AGENT, service_images: Mapping[str, str] | None = None
) -> Blueprint:
    """The blueprint for ``spec``. Raises UsageError for a storage that cannot be had."""
    run_id, images = spec.run_id, service_images or {}
    storages = storage.plan(spec.storages, run_id)
    journal = storage.journal(run_id, spec.journal_bytes)
    network = f"harness-{run_id}" if spec.services or spec.network else None
    reachable = consumer_names(spec)
    labels = {LABEL: run_id, OWNER_LABEL: OwnerId.of_this_process().label()}
    if paths := [item.source for item in storages if item.options is None]:
        labels[directories.LABEL] = directories.label(paths)
    homes = {service.name: server.storage(service, run_id, service.name in images) for service in spec.services}

    def member(index: int, name: str) -> Container:
        role = name.partition("-")[0]
        only_reads = role == "analyser"
        checked = () if only_reads else tuple(item.target for item in storages)
        beside = [item.read_only_mount() for item in storages] if role == "observer" else []
        return Container(
            name=_container_name(run_id, name),
            hostname=name,
            image=image,
            argv=(*agent, role, *checked),
            mounts=[
                *(item.mount(only_reads, first=index == 0) for item in storages),
                *beside,
                journal.mount(only_reads),
            ],
            labels=labels,
            limits=_limits(role, spec, storages),
            network=None if role == "analyser" else network,
            alias=name if name in reachable else "",
            environment={LINGER: f"{index * LINGER_STEP_S:.2f}"} if network else {},
        )

    def serve(service: Service) -> Container:
        official = service.name in images
        base, home = images.get(service.name, image), homes[service.name]
        return server.container(service, run_id, base, home, network or "none", labels, official)

    return Blueprint(
        run_id=run_id,
        labels=labels,
        storages=storages,
        journal=journal,
        volumes=[item for item in (*storages, journal, *homes.values()) if item.options is not None],
        network=network,
        members={name: member(index, name) for index, name in enumerate(_names(spec))},
        servers={service.name: serve(service) for service in spec.services},
    )


def _names(spec: FleetSpec) -> list[str]:
    """Of all members; a writer comes first, as it writes and so may give fresh volumes their owner."""
    counts = {"writer": spec.writers, "consumer": spec.consumers, "observer": spec.observers}
    return [f"{role}-{index}" for role, count in counts.items() for index in range(count)] + ["analyser"]


def _container_name(run_id: str, member: str) -> str:
    """`writer-3` becomes `harness-<run>-writer-0003`, so that a listing sorts them."""
    role, dash, index = member.partition("-")
    return f"harness-{run_id}-{role}{dash}{index and f'{int(index):04}'}"


def _limits(role: str, spec: FleetSpec, storages: Sequence[Storage]) -> Limits:
    """A member's memory limit also bears what it writes to storages in memory, of which journals are one."""
    if role == "analyser":
        return containers.ANALYSER_LIMITS
    journals = spec.journal_bytes // max(1, spec.writers) if role == "writer" else 0
    if role == "observer":
        journals = 2 * reads.file_bytes(reads.MAX_READS, 1)  # the log, in memory and in its file
    in_memory = sum(storage.SIZE_BYTES for item in storages if item.kind == "tmpfs")
    base = containers.MEMBER_LIMITS
    return Limits(base.memory_bytes + journals + in_memory, base.processes)
