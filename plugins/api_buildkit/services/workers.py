"""What this builder tells about itself."""

from plugins.api_buildkit.proto.ops_pb2 import Platform
from plugins.api_buildkit.proto.worker_pb2 import BuildkitVersion, WorkerRecord
from sdk.engine import Engine
from sdk.errors import NotFound
from sdk.oci.descriptor import host

_GATEWAY = "org.mobyproject.buildkit.worker.moby.host-gateway-ip"
_LABELS = "org.mobyproject.buildkit.worker."


async def worker(engine: Engine) -> WorkerRecord:
    """Return the record of the only worker."""
    info, machine = await engine.system.info(), host()
    return WorkerRecord(
        id=info.id,
        labels={
            _LABELS + "executor": info.runtime,
            _LABELS + "hostname": info.name,
            _LABELS + "snapshotter": info.storage_driver,  # tells buildx that archives and caches can be exported
            _LABELS + "network": "host",
            _GATEWAY: await _gateway(engine),
        },
        platforms=[Platform(architecture=machine.architecture, os=machine.os, variant=machine.variant)],
        buildkit_version=version(info.version),
    )


def version(engine_version: str) -> BuildkitVersion:
    """Return the builder's version: the engine's."""
    return BuildkitVersion(package="github.com/moby/buildkit", version=f"v{engine_version}")


async def _gateway(engine: Engine) -> str:
    try:
        bridge = await engine.networks.inspect("bridge")
    except NotFound:
        return ""
    return next((subnet.gateway for subnet in bridge.config.subnets if subnet.gateway), "")
