"""`docker inspect`: everything there is to tell about a container, kept until something changes."""

from dataclasses import replace

from msgspec.structs import replace as bare

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.containers.life.state import is_running
from core.containers.mounts.resolve import mount_points
from core.engine.containers.preparation.links import with_link_names
from core.engine.containers.preparation.runtime_spec import host_file_directory
from core.engine.containers.views.sizes import sizes
from core.engine.context import EngineContext
from sdk.drivers.network import PortBinding
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import ContainerInfo, NetworkAttachment
from sdk.oci.descriptor import Descriptor


def describe(context: EngineContext, live: LiveContainer) -> ContainerInfo:
    """Return the container's description; the same object until its record, health or networks change, or its image goes or comes."""
    info = live.described(lambda: _describe(context, live))
    if (info.manifest is not None) is not (live.record.image_id in context.images):
        live.changed()
        return live.described(lambda: _describe(context, live))
    return info


async def inspect(context: EngineContext, live: LiveContainer, *, size: bool) -> ContainerInfo:
    """Return the description, with sizes on disk if asked for."""
    info = describe(context, live)
    if not size:
        return info
    size_rw, size_root = await sizes(context, live)
    return replace(info, size_rw=size_rw, size_root=size_root)


def _describe(context: EngineContext, live: LiveContainer) -> ContainerInfo:
    record = live.record
    networks, published = _network_view(context, live)
    return ContainerInfo(
        id=record.id,
        name=record.name,
        created_ns=record.created_ns,
        path=record.path,
        args=record.args,
        image_id=record.image_id,
        image=record.image,
        platform=record.platform,
        config=record.config,
        host_config=with_link_names(context, record),
        state=record.state,
        pid=record.pid,
        exit_code=record.exit_code,
        error=record.error,
        oom_killed=record.oom_killed,
        started_ns=record.started_ns,
        finished_ns=record.finished_ns,
        restart_count=record.restart_count,
        health=live.probing.health,
        mounts=mount_points(record.mounts),
        networks=networks,
        ports=published,
        sandbox_path=record.sandbox_path,
        log_path=_log_path(live),
        directory=str(host_file_directory(context, record)),
        storage_driver=context.drivers.storage_name,
        exec_ids=tuple(execution.id for execution in live.execs if execution.running),
        link_names=context.containers.link_names(record.id),
        manifest=_manifest(context, record),
        opaque=record.opaque,
    )


def _manifest(context: EngineContext, record: ContainerRecord) -> Descriptor | None:
    if record.image_id not in context.images:
        return None
    image = context.images.get(record.image_id)
    return bare(image.record.manifest, platform=image.config.platform)


def _network_view(context: EngineContext, live: LiveContainer) -> tuple[dict[str, NetworkAttachment], tuple[PortBinding, ...]]:
    record = live.record
    if is_running(record) and not record.config.network_disabled:
        networks, published = context.attachments.describe(record.id)
        if networks:
            return dict(networks), published
    return {name: context.attachments.detached(name, config) for name, config in wanted_networks(live).items()}, ()


def wanted_networks(live: LiveContainer) -> dict[str, EndpointConfig]:
    """Return the networks a container joins when it starts, none where its network is disabled."""
    mode = live.record.host_config.network_mode
    if live.record.config.network_disabled or mode.joins:
        return {}
    return live.record.networks or {mode.network: EndpointConfig()}


def _log_path(live: LiveContainer) -> str:
    path = live.run.log.path if live.run.log is not None else None
    return str(path) if path else ""
