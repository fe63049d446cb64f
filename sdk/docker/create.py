"""What clients ask for, understood: bodies of Docker's API into the engine's values.

Each text is read here once. What clients must read back as they sent it is kept beside the values, as the frontend's own part of a container.
"""

from collections.abc import Iterator
from itertools import starmap

import msgspec
from msgspec import Struct

from sdk.docker import bodies, modes
from sdk.docker.binds import parse_bind, parse_volumes_from
from sdk.docker.devices import parse_device_rule
from sdk.docker.hosts import parse_extra_host
from sdk.docker.links import parse_link
from sdk.docker.mounts import parse_mount
from sdk.docker.ports import parse_bindings, parse_exposed
from sdk.docker.restart import parse_restart
from sdk.docker.security import parse_security_options
from sdk.docker.tmpfs import parse_tmpfs
from sdk.engine.config import ContainerConfig, HostConfig, Limits, Opaque, UpdateRequest
from sdk.engine.mounts import Mount, MountType, checked_destination
from sdk.errors import InvalidArgument

FRONTEND = "docker"


class AsSent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The texts of a host configuration that mean the same in several spellings.

    `modes` are what stands behind the second colon of `-v` by destination, "" for a volume with a name or of a `--mount`.
    """

    binds: tuple[str, ...] = ()
    mounts: tuple[bodies.MountRequest, ...] = ()
    tmpfs: dict[str, str] = {}
    volumes_from: tuple[str, ...] = ()
    port_bindings: dict[str, tuple[bodies.HostPort, ...]] = {}
    extra_hosts: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
    modes: dict[str, str] = {}
    container_id_file: str = ""
    cgroup: str = ""
    isolation: str = ""


class FoundLate(InvalidArgument):
    """A fault that dockerd finds only when it has the image: one that is missing is told of first."""


def container_config(body: bodies.ContainerConfig) -> ContainerConfig:
    """Return the portable half. Raises InvalidArgument."""
    return ContainerConfig(
        hostname=body.hostname,
        domainname=body.domainname,
        user=body.user,
        attach_stdin=body.attach_stdin,
        attach_stdout=body.attach_stdout,
        attach_stderr=body.attach_stderr,
        exposed_ports=parse_exposed(body.exposed_ports),
        tty=body.tty,
        open_stdin=body.open_stdin,
        stdin_once=body.stdin_once,
        env=body.env,
        cmd=body.cmd,
        healthcheck=body.healthcheck,
        args_escaped=body.args_escaped,
        image=body.image,
        volumes=tuple(body.volumes),
        working_dir=body.working_dir,
        entrypoint=body.entrypoint,
        network_disabled=body.network_disabled,
        mac_address=body.mac_address,
        on_build=body.on_build,
        labels=body.labels,
        stop_signal=body.stop_signal,
        stop_timeout=body.stop_timeout,
        shell=body.shell,
    )


def host_config(body: bodies.HostConfig, *, recursive_readonly: bool = True) -> HostConfig:
    """Return the host's half. `recursive_readonly` says whether a read-only bind that does not say it itself is so with all below it.

    Raises InvalidArgument, FoundLate.
    """
    if body.isolation not in ("", "default"):
        raise InvalidArgument(f"invalid isolation '{body.isolation}' on linux")
    requested = [parse_mount(request, recursive_readonly=recursive_readonly) for request in body.mounts]
    try:
        mounts = (*_binds(body, recursive_readonly=recursive_readonly), *requested, *starmap(parse_tmpfs, body.tmpfs.items()))
        volumes_from = tuple(map(parse_volumes_from, body.volumes_from))
    except InvalidArgument as error:
        raise FoundLate(error.message) from error
    return HostConfig(
        log_config=body.log_config,
        network_mode=modes.parse_network_mode(body.network_mode),
        port_bindings=parse_bindings(body.port_bindings),
        restart_policy=parse_restart(body.restart_policy),
        auto_remove=body.auto_remove,
        volume_driver=body.volume_driver,
        volumes_from=volumes_from,
        console_size=body.console_size,
        annotations=body.annotations,
        cap_add=body.cap_add,
        cap_drop=body.cap_drop,
        cgroupns_mode=modes.parse_cgroupns_mode(body.cgroupns_mode),
        dns=body.dns,
        dns_options=body.dns_options,
        dns_search=body.dns_search,
        extra_hosts=tuple(map(parse_extra_host, body.extra_hosts)),
        group_add=body.group_add,
        ipc_mode=modes.parse_ipc_mode(body.ipc_mode),
        links=None if body.links is None else tuple(map(parse_link, body.links)),
        oom_score_adj=body.oom_score_adj,
        pid_mode=modes.parse_pid_mode(body.pid_mode),
        privileged=body.privileged,
        publish_all_ports=body.publish_all_ports,
        readonly_rootfs=body.readonly_rootfs,
        security=parse_security_options(body.security_opt),
        storage_opt=body.storage_opt,
        uts_mode=modes.parse_uts_mode(body.uts_mode),
        userns_mode=modes.parse_userns_mode(body.userns_mode),
        shm_size=body.shm_size,
        sysctls=body.sysctls,
        runtime=body.runtime,
        limits=_limits(body),
        cgroup_parent=body.cgroup_parent,
        devices=body.devices,
        device_cgroup_rules=tuple(map(parse_device_rule, body.device_cgroup_rules)),
        device_requests=body.device_requests,
        ulimits=body.ulimits,
        init=body.init,
        mounts=mounts,
        masked_paths=body.masked_paths,
        readonly_paths=body.readonly_paths,
    )


def _binds(body: bodies.HostConfig, *, recursive_readonly: bool) -> Iterator[Mount]:
    for text in body.binds:
        yield parse_bind(text).mount(volume_driver=body.volume_driver, recursive_readonly=recursive_readonly)


def _limits(body: bodies.HostConfig) -> Limits:
    return Limits(
        cpu_shares=body.cpu_shares,
        memory=body.memory,
        nano_cpus=body.nano_cpus,
        blkio_weight=body.blkio_weight,
        blkio_weight_device=body.blkio_weight_device,
        blkio_device_read_bps=body.blkio_device_read_bps,
        blkio_device_write_bps=body.blkio_device_write_bps,
        blkio_device_read_iops=body.blkio_device_read_iops,
        blkio_device_write_iops=body.blkio_device_write_iops,
        cpu_period=body.cpu_period,
        cpu_quota=body.cpu_quota,
        cpu_realtime_period=body.cpu_realtime_period,
        cpu_realtime_runtime=body.cpu_realtime_runtime,
        cpuset_cpus=body.cpuset_cpus,
        cpuset_mems=body.cpuset_mems,
        memory_reservation=body.memory_reservation,
        memory_swap=body.memory_swap,
        memory_swappiness=body.memory_swappiness,
        oom_kill_disable=body.oom_kill_disable,
        pids_limit=body.pids_limit,
    )


def update_request(body: bodies.UpdateRequest) -> UpdateRequest:
    """Return an update. Raises InvalidArgument."""
    return UpdateRequest(
        cpu_shares=body.cpu_shares,
        memory=body.memory,
        nano_cpus=body.nano_cpus,
        blkio_weight=body.blkio_weight,
        blkio_weight_device=body.blkio_weight_device,
        blkio_device_read_bps=body.blkio_device_read_bps,
        blkio_device_write_bps=body.blkio_device_write_bps,
        blkio_device_read_iops=body.blkio_device_read_iops,
        blkio_device_write_iops=body.blkio_device_write_iops,
        cpu_period=body.cpu_period,
        cpu_quota=body.cpu_quota,
        cpu_realtime_period=body.cpu_realtime_period,
        cpu_realtime_runtime=body.cpu_realtime_runtime,
        cpuset_cpus=body.cpuset_cpus,
        cpuset_mems=body.cpuset_mems,
        memory_reservation=body.memory_reservation,
        memory_swap=body.memory_swap,
        pids_limit=body.pids_limit,
        restart_policy=None if body.restart_policy is None else parse_restart(body.restart_policy),
    )


def opaque(body: bodies.HostConfig) -> Opaque:
    """Return what the frontend keeps of a request that was understood."""
    sent = AsSent(
        binds=body.binds,
        mounts=body.mounts,
        tmpfs=body.tmpfs,
        volumes_from=body.volumes_from,
        port_bindings=body.port_bindings,
        extra_hosts=body.extra_hosts,
        security_opt=body.security_opt,
        device_cgroup_rules=body.device_cgroup_rules,
        modes=_modes(body),
        container_id_file=body.container_id_file,
        cgroup=body.cgroup,
        isolation=body.isolation,
    )
    return Opaque(FRONTEND, msgspec.json.encode(sent))


def as_sent(kept: Opaque | None) -> AsSent | None:
    """Return what a client has sent of a container, None for one that another frontend made."""
    return msgspec.json.decode(kept.content, type=AsSent) if kept is not None and kept.frontend == FRONTEND else None


def _modes(body: bodies.HostConfig) -> dict[str, str]:
    binds = map(parse_bind, body.binds)
    own = {bind.destination: bind.mode for bind in binds if bind.mode or (bind.source and bind.is_volume)}
    return own | {checked_destination(mount.target, mount.type): "" for mount in body.mounts if mount.type == MountType.VOLUME}
