"""What Docker refuses, or warns of, before it makes or changes a container; its sentences are what tools and people look for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from core.containers.limits.cpu_list import format_list, parse_list
from core.containers.limits.resources import memory_swap
from core.containers.limits.rlimits import rlimits
from core.containers.process.capabilities import available_capabilities, granted_capabilities
from core.containers.process.sysctls import check_sysctls, own_namespaces
from core.containers.spec import container_seccomp
from sdk.engine.config import ContainerConfig, HostConfig, Limits, RestartKind, RestartPolicy
from sdk.engine.modes import NamespaceKind, NamespaceMode
from sdk.errors import InvalidArgument

MINIMUM_MEMORY = 6 << 20


@dataclass(frozen=True, slots=True)
class HostLimits:
    """What this host has to give."""

    cpus: frozenset[int]
    memory_nodes: frozenset[int] = frozenset((0,))
    capabilities: frozenset[str] = field(default_factory=available_capabilities)


@cache
def host_limits() -> HostLimits:
    """Return this host's limits, read once."""
    cpus = parse_list(Path("/sys/devices/system/cpu/online").read_text().strip())
    nodes = Path("/sys/devices/system/node/online")
    return HostLimits(
        cpus=cpus,
        memory_nodes=parse_list(nodes.read_text().strip()) if nodes.exists() else frozenset((0,)),
    )


def validate_host_config(
    config: ContainerConfig, host: HostConfig, limits: HostLimits | None = None, *, cgroup_version: int = 1
) -> tuple[str, ...]:
    """Raise InvalidArgument with Docker's sentence for what cannot work here; return warnings for what is merely unwise, or means nothing
    on the version of control groups that the container's runtime uses."""
    limits = limits or host_limits()
    _check_modes(config, host)
    _check_restart(host)
    _check_security(host, limits)
    _refuse(host.storage_opt, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
    _refuse("\0" in host.cgroup_parent, "invalid cgroup parent: it contains a null byte")
    validate_resources(host.limits, limits)
    _refuse(
        not -1000 <= host.oom_score_adj <= 1000,
        f"Invalid value {host.oom_score_adj}, range for oom score adj is [-1000, 1000]",
    )
    _refuse(host.shm_size < 0, "SHM size can not be less than 0")
    return tuple(_warnings(host, cgroup_version))


def _refuse(condition: object, sentence: str) -> None:
    if condition:
        raise InvalidArgument(sentence)


# ---------------------------------------------------------------------------------------------------------------------
# Modes
# ---------------------------------------------------------------------------------------------------------------------


_OWN_OR_HOST = frozenset((NamespaceKind.DEFAULT, NamespaceKind.PRIVATE, NamespaceKind.HOST))


def _check_modes(config: ContainerConfig, host: HostConfig) -> None:
    _check_mode("IPC", host.ipc_mode, frozenset(NamespaceKind))
    _check_mode("PID", host.pid_mode, _OWN_OR_HOST | {NamespaceKind.CONTAINER})
    _check_mode("UTS", host.uts_mode, _OWN_OR_HOST)
    _check_mode("user namespace", host.userns_mode, frozenset((NamespaceKind.DEFAULT, NamespaceKind.HOST)))
    _check_mode("cgroup namespace", host.cgroupns_mode, _OWN_OR_HOST)
    _check_names(config, host)


def _check_mode(called: str, mode: NamespaceMode, kinds: frozenset[NamespaceKind]) -> None:
    _refuse(mode.kind not in kinds or (mode.joins and not mode.container), f"invalid {called} mode: {mode.kind}")


def _check_names(config: ContainerConfig, host: HostConfig) -> None:
    named = config.hostname or config.domainname
    _check_joined_network(config, host)
    _refuse(host.uts_mode.is_host and named, "conflicting options: hostname and the UTS mode")
    _refuse(
        host.network_mode.is_host and host.links,
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    )
    _refuse("" in host.annotations, "invalid Annotations: the empty string is not permitted as an annotation key")


def _check_joined_network(config: ContainerConfig, host: HostConfig) -> None:
    """Check what goes with another container's network: nothing that belongs to a network of one's own."""
    if not host.network_mode.joins:
        return
    conflict = "conflicting options: "
    _refuse(not host.network_mode.container, "invalid network mode: invalid container format container:<name|id>")
    _refuse(config.hostname, f"{conflict}hostname and the network mode")
    _refuse(host.links, f"{conflict}container type network can't be used with links. This would result in undefined behavior")
    _refuse(host.dns, f"{conflict}dns and the network mode")
    _refuse(host.extra_hosts, f"{conflict}custom host-to-IP mapping and the network mode")
    _refuse(host.port_bindings or host.publish_all_ports, f"{conflict}port publishing and the container type network mode")
    _refuse(config.exposed_ports, f"{conflict}port exposing and the container type network mode")


def validate_restart_policy(policy: RestartPolicy) -> None:
    """Raise InvalidArgument for a restart policy that means nothing."""
    if policy.kind is RestartKind.ON_FAILURE:
        _refuse(policy.maximum_retry_count < 0, "invalid restart policy: maximum retry count cannot be negative")
        return
    tail = " and cannot be negative" if policy.maximum_retry_count < 0 else ""
    sentence = f"invalid restart policy: maximum retry count can only be used with 'on-failure'{tail}"
    _refuse(policy.maximum_retry_count, sentence)


def _check_restart(host: HostConfig) -> None:
    restarts = host.restart_policy.kind is not RestartKind.NO
    _refuse(host.auto_remove and restarts, "can't create 'AutoRemove' container with restart policy")
    validate_restart_policy(host.restart_policy)


# ---------------------------------------------------------------------------------------------------------------------
# Security
# ---------------------------------------------------------------------------------------------------------------------


def _check_security(host: HostConfig, limits: HostLimits) -> None:
    granted = granted_capabilities(host.cap_add, host.cap_drop, privileged=host.privileged, available=limits.capabilities)
    container_seccomp(host.security.seccomp, frozenset(granted), privileged=host.privileged)
    rlimits(host.ulimits)
    check_sysctls(host.sysctls, own_namespaces(host))


# ---------------------------------------------------------------------------------------------------------------------
# Resources
# ---------------------------------------------------------------------------------------------------------------------


def validate_resources(asked: Limits, here: HostLimits | None = None, *, update: bool = False) -> None:
    """Check limits for a new container, or (`update`) a running one's as they shall be. Raises InvalidArgument."""
    here = here or host_limits()
    _check_memory(asked, update=update)
    _check_cpu(asked, here)
    _check_set("cpuset cpus", "CPUs", asked.cpuset_cpus, here.cpus)
    _check_set("cpuset mems", "memory nodes", asked.cpuset_mems, here.memory_nodes)
    _refuse(asked.blkio_weight and not 10 <= asked.blkio_weight <= 1000, "Range of blkio weight is from 10 to 1000")


def _check_memory(asked: Limits, *, update: bool) -> None:
    memory, reservation = asked.memory, asked.memory_reservation
    swap = memory_swap(memory, asked.memory_swap)
    _refuse(memory and memory < MINIMUM_MEMORY, "Minimum memory limit allowed is 6MB")
    _refuse(memory > 0 and 0 < swap < memory, "Minimum memoryswap limit should be larger than memory limit, see usage")
    _refuse(
        not memory and swap > 0 and not update,
        "You should always set the Memory limit when using Memoryswap limit, see usage",
    )
    swappiness = asked.memory_swappiness
    _refuse(
        swappiness is not None and not -1 <= swappiness <= 100,
        f"Invalid value: {swappiness}, valid memory swappiness range is 0-100",
    )
    _refuse(reservation and reservation < MINIMUM_MEMORY, "Minimum memory reservation allowed is 6MB")
    _refuse(
        0 < memory < reservation,
        "Minimum memory limit can not be less than memory reservation limit, see usage",
    )


def _check_cpu(asked: Limits, here: HostLimits) -> None:
    cpus = len(here.cpus)
    _refuse(
        asked.nano_cpus > 0 and asked.cpu_period > 0,
        "Conflicting options: Nano CPUs and CPU Period cannot both be set",
    )
    _refuse(
        asked.nano_cpus > 0 and asked.cpu_quota > 0,
        "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
    )
    _refuse(
        not 0 <= asked.nano_cpus <= cpus * 10**9,
        f"range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available",
    )
    _refuse(
        asked.cpu_period and not 1000 <= asked.cpu_period <= 1_000_000,
        "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
    )
    _refuse(0 < asked.cpu_quota < 1000, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
    _refuse(asked.cpu_shares < 0, f"invalid CPU shares ({asked.cpu_shares}): value must be a positive integer")


def _check_set(field_name: str, things: str, asked: str, available: frozenset[int]) -> None:
    try:
        wanted = parse_list(asked)
    except ValueError as error:
        raise InvalidArgument(f"Invalid value {asked} for {field_name}: {error}") from None
    if not wanted <= available:
        raise InvalidArgument(f"Requested {things} are not available - requested {asked}, available: {format_list(available)}")


def _warnings(host: HostConfig, cgroup_version: int) -> Iterator[str]:
    if host.limits.oom_kill_disable and not host.limits.memory:
        yield (
            "OOM killer is disabled for the container, but no memory limit is set, "
            "this can result in the system running out of resources."
        )
    if cgroup_version == 2 and host.limits.oom_kill_disable:
        yield "Your kernel does not support OomKillDisable. OomKillDisable discarded."
    if cgroup_version == 2 and host.limits.memory_swappiness not in (None, -1):
        yield "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded."
