"""A container as the database keeps it: one immutable value, replaced as a whole."""

from msgspec import Struct

from core.containers.mounts.resolve import MountRecord
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig, Opaque
from sdk.engine.containers import ContainerState
from sdk.oci.descriptor import Platform


class ContainerRecord(Struct, frozen=True, kw_only=True):
    """`config` is merged with the image's. Times are wall-clock nanoseconds, 0 for never. `stopped_by_user` remembers a deliberate
    stop, which holds back the restart policies `always` (until the next boot) and `unless-stopped`. `paused_for` says for what the
    engine itself paused a container, "" if a client did. `volumes_go` says of one that is being removed that its anonymous volumes go, too.
    `links` are legacy links to other containers: alias to ID; records of earlier releases have none. `opaque` belongs to the frontend that
    made it."""

    id: str
    name: str
    created_ns: int
    image_id: str
    image: str
    chain_id: str | None
    platform: Platform
    path: str
    args: tuple[str, ...]
    config: ContainerConfig
    host_config: HostConfig
    networks: dict[str, EndpointConfig] = {}
    mounts: tuple[MountRecord, ...] = ()
    state: ContainerState = ContainerState.CREATED
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = False
    started_ns: int = 0
    finished_ns: int = 0
    restart_count: int = 0
    stopped_by_user: bool = False
    sandbox_path: str = ""
    paused_for: str = ""
    volumes_go: bool = False
    links: dict[str, str] | None = None
    opaque: Opaque | None = None
