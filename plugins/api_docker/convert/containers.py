"""One container in full: what `docker inspect` shows. Docker's overlapping booleans are derived from the one state."""

import hashlib

from msgspec import UNSET

from plugins.api_docker.convert.configs import OMITS_EMPTY, container_config
from plugins.api_docker.convert.mounts import mount_points
from plugins.api_docker.convert.networks import endpoints
from plugins.api_docker.convert.ports import port_map
from plugins.api_docker.convert.times import rfc3339_nano
from plugins.api_docker.models import containers as wire
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.docker.create import as_sent
from sdk.docker.inspect import host_config
from sdk.engine.config import EndpointConfig
from sdk.engine.containers import ContainerInfo, ContainerState, Health, NetworkAttachment

SHOWS_MANIFEST = (1, 48)
"""The first API version whose containers tell their image's manifest."""

_ALIVE = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})
_NOWHERE = NetworkAttachment("", EndpointConfig())


def container_inspect(info: ContainerInfo, version: ApiVersion = MAXIMUM) -> wire.ContainerInspect:
    """Return the inspect object."""
    sent = as_sent(info.opaque)
    return wire.ContainerInspect(
        id=info.id,
        created=rfc3339_nano(info.created_ns),
        path=info.path,
        args=info.args,
        state=state(info),
        image=info.image_id,
        resolv_conf_path=f"{info.directory}/resolv.conf",
        hostname_path=f"{info.directory}/hostname",
        hosts_path=f"{info.directory}/hosts",
        log_path=info.log_path,
        name=f"/{info.name}",
        restart_count=info.restart_count,
        driver=info.storage_driver,
        platform=info.platform.os,
        exec_ids=info.exec_ids or None,
        host_config=host_config(info.host_config, sent, info.name),
        graph_driver=wire.GraphDriver(info.storage_driver),
        mounts=mount_points(info, sent),
        config=container_config(info.config, version, _wanted_mac_address(info)),
        network_settings=network_settings(info, version),
        size_rw=UNSET if info.size_rw is None else info.size_rw,
        size_root_fs=UNSET if info.size_root is None else info.size_root,
        image_manifest_descriptor=info.manifest if info.manifest is not None and version >= SHOWS_MANIFEST else UNSET,
    )


def state(info: ContainerInfo) -> wire.State:
    """Return `State`."""
    return wire.State(
        status=info.state,
        running=info.state in _ALIVE,
        paused=info.state is ContainerState.PAUSED,
        restarting=info.state is ContainerState.RESTARTING,
        oom_killed=info.oom_killed,
        dead=info.state is ContainerState.DEAD,
        pid=info.pid,
        exit_code=info.exit_code,
        error=info.error,
        started_at=rfc3339_nano(info.started_ns),
        finished_at=rfc3339_nano(info.finished_ns),
        health=_health(info.health) if info.health else UNSET,
    )


def network_settings(info: ContainerInfo, version: ApiVersion = MAXIMUM) -> wire.NetworkSettings:
    """Return `NetworkSettings`."""
    sandbox_id = hashlib.sha256(info.sandbox_path.encode()).hexdigest() if info.sandbox_path else ""
    ports, networks = port_map(info), endpoints(info, version)
    if version >= OMITS_EMPTY:
        return wire.NetworkSettings(sandbox_id=sandbox_id, sandbox_key=info.sandbox_path, ports=ports, networks=networks)
    bridge = info.networks.get("bridge", _NOWHERE)
    return wire.OlderNetworkSettings(
        sandbox_id=sandbox_id,
        sandbox_key=info.sandbox_path,
        ports=ports,
        networks=networks,
        endpoint_id=bridge.endpoint_id,
        gateway=bridge.ipv4_gateway,
        ip_address=bridge.ipv4_address,
        ip_prefix_len=bridge.ipv4_prefix,
        ipv6_gateway=bridge.ipv6_gateway,
        global_ipv6_address=bridge.ipv6_address,
        global_ipv6_prefix_len=bridge.ipv6_prefix,
        mac_address=bridge.mac_address,
    )


def _wanted_mac_address(info: ContainerInfo) -> str:
    """Return the MAC address that a client asked for on the container's main network, "" if it is the engine's choice."""
    main = info.host_config.network_mode.network
    return next((place.config.mac_address for name, place in info.networks.items() if main in (name, place.network_id)), "")


def _health(health: Health) -> wire.Health:
    return wire.Health(
        status=health.status,
        failing_streak=health.failing_streak,
        log=[
            wire.HealthcheckResult(rfc3339_nano(probe.start_ns), rfc3339_nano(probe.end_ns), probe.exit_code, probe.output)
            for probe in health.log
        ],
    )
