"""The engine's values as clients of Docker's API read them back."""

from msgspec.structs import asdict

from sdk.docker import bodies, modes
from sdk.docker.binds import shown_volumes_from
from sdk.docker.create import AsSent
from sdk.docker.devices import shown_device_rule
from sdk.docker.hosts import shown_extra_host
from sdk.docker.links import shown_link
from sdk.docker.mounts import shown_mount
from sdk.docker.ports import shown_bindings
from sdk.docker.restart import shown_restart
from sdk.docker.security import shown_security
from sdk.engine.config import HostConfig


def host_config(host: HostConfig, sent: AsSent | None = None, name: str = "") -> bodies.HostConfig:
    """Return the host configuration of a container of that name: what the engine decided, and the rest as a client has sent it."""
    sent = sent or _rendered(host)
    return bodies.HostConfig(
        binds=sent.binds,
        container_id_file=sent.container_id_file,
        log_config=host.log_config,
        network_mode=modes.shown_network_mode(host.network_mode),
        port_bindings=sent.port_bindings,
        restart_policy=shown_restart(host.restart_policy),
        auto_remove=host.auto_remove,
        volume_driver=host.volume_driver,
        volumes_from=sent.volumes_from,
        console_size=host.console_size,
        annotations=host.annotations,
        cap_add=host.cap_add,
        cap_drop=host.cap_drop,
        cgroupns_mode=modes.shown_mode(host.cgroupns_mode),
        dns=host.dns,
        dns_options=host.dns_options,
        dns_search=host.dns_search,
        extra_hosts=sent.extra_hosts,
        group_add=host.group_add,
        ipc_mode=modes.shown_mode(host.ipc_mode),
        cgroup=sent.cgroup,
        links=None if host.links is None else tuple(shown_link(link, name) for link in host.links),
        oom_score_adj=host.oom_score_adj,
        pid_mode=modes.shown_mode(host.pid_mode),
        privileged=host.privileged,
        publish_all_ports=host.publish_all_ports,
        readonly_rootfs=host.readonly_rootfs,
        security_opt=sent.security_opt,
        storage_opt=host.storage_opt,
        tmpfs=sent.tmpfs,
        uts_mode=modes.shown_mode(host.uts_mode),
        userns_mode=modes.shown_mode(host.userns_mode),
        shm_size=host.shm_size,
        sysctls=host.sysctls,
        runtime=host.runtime,
        isolation=sent.isolation,
        cgroup_parent=host.cgroup_parent,
        devices=host.devices,
        device_cgroup_rules=sent.device_cgroup_rules,
        device_requests=host.device_requests,
        ulimits=host.ulimits,
        init=host.init,
        mounts=sent.mounts,
        masked_paths=host.masked_paths,
        readonly_paths=host.readonly_paths,
        **asdict(host.limits),  # under the same names
    )


def _rendered(host: HostConfig) -> AsSent:
    """Return how a client would have said what another frontend asked for."""
    return AsSent(
        mounts=tuple(shown_mount(mount) for mount in host.mounts if mount.shown),
        tmpfs={mount.destination: ",".join(mount.options) for mount in host.mounts if not mount.shown},
        volumes_from=tuple(map(shown_volumes_from, host.volumes_from)),
        port_bindings=shown_bindings(host.port_bindings),
        extra_hosts=tuple(map(shown_extra_host, host.extra_hosts)),
        security_opt=tuple(shown_security(host.security)),
        device_cgroup_rules=tuple(map(shown_device_rule, host.device_cgroup_rules)),
    )
