"""A container's record, and the drivers of an engine, of which a test says only what it is about."""

from core.containers.life.record import ContainerRecord
from core.drivers import Drivers
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.oci.descriptor import Platform


def record(**fields: object) -> ContainerRecord:
    """Return the record of a container that was created and is named n."""
    plain: dict[str, object] = {
        "id": "c",
        "name": "n",
        "created_ns": 0,
        "image_id": "i",
        "image": "i",
        "chain_id": None,
        "platform": Platform("amd64"),
        "path": "sh",
        "args": (),
        "config": ContainerConfig(),
        "host_config": HostConfig(),
    }
    return ContainerRecord(**plain | fields)


def drivers(**fields: object) -> Drivers:
    """Return drivers of which none has a name and none is there."""
    names = ("storage", "registry", "runtime", "network", "volume", "log", "builder")
    kinds = ("runtimes", "networks", "volumes", "logs", "verifiers")
    plain: dict[str, object] = {f"{name}_name": "" for name in names} | {kind: {} for kind in kinds}
    return Drivers(**plain | {"storage": None, "registry": None, "builder": None} | fields)
