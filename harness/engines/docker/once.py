"""A container for one short command, such as giving a fresh volume its owner: seen in the log, gone afterwards."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from harness.engines.base import LABEL
from harness.engines.docker import containers, layout
from harness.engines.docker.containers import ONCE_LIMITS, Container
from harness.engines.docker.errors import engine_errors
from harness.engines.docker.ownership import OWNER_LABEL, OwnerId
from harness.engines.docker.storage import Mounted
from harness.errors import EngineError

if TYPE_CHECKING:
    from docker import APIClient

log = logging.getLogger(__name__)
TIMEOUT_S = 60
OUTPUT_LENGTH = 300


def run(
    client: "APIClient",
    image: str,
    run_id: str,
    argv: Sequence[str],
    mount: Mounted | None = None,
    user: str = layout.USER,
    capabilities: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run ``argv`` with ``mount`` and wait for its end. Raises EngineError when it fails."""
    wanted = Container(
        name=f"harness-{run_id}-once-{uuid.uuid4().hex[:8]}",
        hostname="once",
        image=image,
        argv=argv,
        mounts=[mount] if mount else [],
        labels={LABEL: run_id, OWNER_LABEL: OwnerId.of_this_process().label()},
        limits=ONCE_LIMITS,
        log="json-file",
        environment=environment or {},
        user=user,
        capabilities=capabilities,
    )
    log.info("one-shot container as user %s with capabilities %s: %s", user, list(capabilities), " ".join(argv))
    containers.create(client, wanted)
    with engine_errors(f"running {argv[0]} in a container"):
        try:
            client.start(wanted.name)
            status = client.wait(wanted.name, timeout=TIMEOUT_S)["StatusCode"]
            said = client.logs(wanted.name).decode(errors="replace").strip()[-OUTPUT_LENGTH:]
        finally:
            client.remove_container(wanted.name, force=True)
    if status != 0:
        raise EngineError(f"{' '.join(argv)} ended with status {status} in a container: {said}")
