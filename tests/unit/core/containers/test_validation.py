"""What is refused before a container is made, in Docker's sentences."""

import re

import pytest
from msgspec.structs import replace

from core.containers.validation import HostLimits, host_limits, validate_host_config, validate_resources
from sdk.drivers.network import PortBinding
from sdk.engine.config import ContainerConfig, HostConfig, HostEntry, Limits, Link, RestartKind, RestartPolicy, Ulimit
from sdk.engine.modes import NamespaceKind, NamespaceMode, NetworkKind, NetworkMode, network_named
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.errors import InvalidArgument
from sdk.oci.ports import Port

LIMITS = HostLimits(cpus=frozenset((0, 1)), capabilities=frozenset(("CAP_CHOWN", "CAP_NET_ADMIN")))
MB = 1 << 20


def validate(host: HostConfig, config: ContainerConfig | None = None) -> tuple[str, ...]:
    return validate_host_config(config or ContainerConfig(), host, LIMITS)


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        (HostConfig(limits=Limits(memory=5 * MB)), "Minimum memory limit allowed is 6MB"),
        (
            HostConfig(limits=Limits(memory=9 * MB, memory_swap=8 * MB)),
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            HostConfig(limits=Limits(memory_swap=8 * MB)),
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
        (HostConfig(limits=Limits(memory_swappiness=101)), "Invalid value: 101, valid memory swappiness range is 0-100"),
        (HostConfig(limits=Limits(memory_reservation=1)), "Minimum memory reservation allowed is 6MB"),
        (
            HostConfig(limits=Limits(memory=8 * MB, memory_reservation=9 * MB)),
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
        (HostConfig(limits=Limits(nano_cpus=3 * 10**9)), "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"),
        (
            HostConfig(limits=Limits(nano_cpus=10**9, cpu_period=5000)),
            "Conflicting options: Nano CPUs and CPU Period cannot both be set",
        ),
        (
            HostConfig(limits=Limits(nano_cpus=10**9, cpu_quota=5000)),
            "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
        ),
        (
            HostConfig(limits=Limits(cpu_period=1)),
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        (HostConfig(limits=Limits(cpu_quota=1)), "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
        (HostConfig(limits=Limits(cpu_shares=-1)), "invalid CPU shares (-1): value must be a positive integer"),
        (HostConfig(limits=Limits(cpuset_cpus="0-2")), "Requested CPUs are not available - requested 0-2, available: 0-1"),
        (HostConfig(limits=Limits(cpuset_cpus="x")), "Invalid value x for cpuset cpus: invalid format: x"),
        (HostConfig(limits=Limits(cpuset_cpus="1-42,,")), "Invalid value 1-42,, for cpuset cpus: invalid format: 1-42,,"),
        (HostConfig(limits=Limits(cpuset_mems="42-3,1--")), "Invalid value 42-3,1-- for cpuset mems: invalid format: 42-3,1--"),
        (
            HostConfig(limits=Limits(cpuset_cpus="0-999999999")),
            "Invalid value 0-999999999 for cpuset cpus: value of out range, maximum is 8192",
        ),
        (
            HostConfig(limits=Limits(cpuset_mems="0-9223372036854775807")),
            "Invalid value 0-9223372036854775807 for cpuset mems: invalid format: 0-9223372036854775807",
        ),
        (HostConfig(limits=Limits(cpuset_mems="3")), "Requested memory nodes are not available - requested 3, available: 0"),
        (HostConfig(limits=Limits(blkio_weight=5)), "Range of blkio weight is from 10 to 1000"),
        (HostConfig(oom_score_adj=1001), "Invalid value 1001, range for oom score adj is [-1000, 1000]"),
        (HostConfig(shm_size=-1), "SHM size can not be less than 0"),
        (HostConfig(ipc_mode=NamespaceMode(NamespaceKind.CONTAINER)), "invalid IPC mode: container"),
        (HostConfig(pid_mode=NamespaceMode(NamespaceKind.SHAREABLE)), "invalid PID mode: shareable"),
        (HostConfig(uts_mode=NamespaceMode(NamespaceKind.NONE)), "invalid UTS mode: none"),
        (HostConfig(userns_mode=NamespaceMode(NamespaceKind.PRIVATE)), "invalid user namespace mode: private"),
        (HostConfig(cgroupns_mode=NamespaceMode(NamespaceKind.CONTAINER, "x")), "invalid cgroup namespace mode: container"),
        (HostConfig(storage_opt={"size": "1G"}), "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"),
        (HostConfig(annotations={"": "x"}), "invalid Annotations: the empty string is not permitted as an annotation key"),
        (
            HostConfig(auto_remove=True, restart_policy=RestartPolicy(RestartKind.ALWAYS)),
            "can't create 'AutoRemove' container with restart policy",
        ),
        (
            HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS, 3)),
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ),
        (
            HostConfig(restart_policy=RestartPolicy(RestartKind.ON_FAILURE, -1)),
            "invalid restart policy: maximum retry count cannot be negative",
        ),
        (HostConfig(cap_add=("foo",)), 'invalid CapAdd: unknown capability: "CAP_FOO"'),
        (HostConfig(cap_drop=("CAP_FOO",)), 'invalid CapDrop: unknown capability: "CAP_FOO"'),
        (
            HostConfig(cap_add=("SYS_ADMIN",)),
            'invalid CapAdd: capability not supported by your kernel or not available in the current environment: "CAP_SYS_ADMIN"',
        ),
        (HostConfig(ulimits=(Ulimit("x"),)), "invalid ulimit type: x"),
        (
            HostConfig(ulimits=(Ulimit("nofile", 2, 1),)),
            "ulimit soft limit must be less than or equal to hard limit: soft=2 hard=1",
        ),
        (HostConfig(sysctls={"vm.swappiness": "1"}), 'sysctl "vm.swappiness" is not in a separate kernel namespace'),
    ],
)
def test_refusals(host, sentence):
    with pytest.raises(InvalidArgument, match=f"^{re.escape(sentence)}$"):
        validate(host)


def test_a_broken_seccomp_profile_is_refused():
    with pytest.raises(InvalidArgument, match=r"^Decoding seccomp profile failed: "):
        validate(HostConfig(security=Security(seccomp=Seccomp(SeccompChoice.PROFILE, "{"))))


@pytest.mark.parametrize(
    ("host", "config", "sentence"),
    [
        (
            HostConfig(network_mode=NetworkMode(NetworkKind.CONTAINER, container="")),
            ContainerConfig(),
            "invalid network mode: invalid container format container:<name|id>",
        ),
        (HostConfig(), ContainerConfig(hostname="x"), "conflicting options: hostname and the network mode"),
        (
            HostConfig(links=(Link("a"),)),
            ContainerConfig(),
            "conflicting options: container type network can't be used with links. This would result in undefined behavior",
        ),
        (HostConfig(dns=("1.1.1.1",)), ContainerConfig(), "conflicting options: dns and the network mode"),
        (
            HostConfig(extra_hosts=(HostEntry("a", "1.1.1.1"),)),
            ContainerConfig(),
            "conflicting options: custom host-to-IP mapping and the network mode",
        ),
        (
            HostConfig(port_bindings=(PortBinding(80),)),
            ContainerConfig(),
            "conflicting options: port publishing and the container type network mode",
        ),
        (
            HostConfig(publish_all_ports=True),
            ContainerConfig(),
            "conflicting options: port publishing and the container type network mode",
        ),
        (
            HostConfig(),
            ContainerConfig(exposed_ports=(Port(80),)),
            "conflicting options: port exposing and the container type network mode",
        ),
        (
            HostConfig(network_mode=network_named("host"), links=(Link("a"),)),
            ContainerConfig(),
            "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
        ),
    ],
)
def test_a_joined_network_takes_nothing_of_ones_own(host, config, sentence):
    joining = (
        host
        if host.network_mode != NetworkMode()
        else replace(host, network_mode=NetworkMode(NetworkKind.CONTAINER, container="other"))
    )
    with pytest.raises(InvalidArgument) as refused:
        validate(joining, config)
    assert refused.value.message == sentence


def test_names_of_the_host_conflict():
    with pytest.raises(InvalidArgument, match=r"^conflicting options: hostname and the UTS mode$"):
        validate(HostConfig(uts_mode=NamespaceMode(NamespaceKind.HOST)), ContainerConfig(hostname="x"))
    with pytest.raises(InvalidArgument, match=r"^conflicting options: hostname and the network mode$"):
        validate(HostConfig(network_mode=NetworkMode(NetworkKind.CONTAINER, container="x")), ContainerConfig(hostname="x"))


@pytest.mark.parametrize(
    "host",
    [
        HostConfig(),
        HostConfig(limits=Limits(memory=6 * MB, memory_swap=-1)),
        HostConfig(pid_mode=NamespaceMode(NamespaceKind.CONTAINER, "abc"), ipc_mode=NamespaceMode(NamespaceKind.CONTAINER, "abc")),
        HostConfig(restart_policy=RestartPolicy(RestartKind.ON_FAILURE, 3)),
        HostConfig(auto_remove=True, restart_policy=RestartPolicy(RestartKind.NO)),
        HostConfig(limits=Limits(nano_cpus=2 * 10**9, cpuset_cpus="0,1"), cap_add=("all",), cap_drop=("ALL",)),
        HostConfig(privileged=True, security=Security(seccomp=Seccomp(SeccompChoice.UNCONFINED), apparmor="x")),
    ],
)
def test_sound_requests_pass_without_a_warning(host):
    assert validate(host) == ()


def test_unwise_requests_pass_with_a_warning():
    (warning,) = validate(HostConfig(limits=Limits(oom_kill_disable=True)))
    assert warning.startswith("OOM killer is disabled for the container, but no memory limit is set")
    host = HostConfig(limits=Limits(memory=6 * MB, oom_kill_disable=True, memory_swappiness=5))
    assert validate_host_config(ContainerConfig(), host, LIMITS, cgroup_version=1) == ()
    assert len(validate_host_config(ContainerConfig(), host, LIMITS, cgroup_version=2)) == 2


def test_an_update_may_set_swap_alone():
    validate_resources(Limits(memory_swap=8 * MB), LIMITS, update=True)


def test_this_host_has_limits():
    limits = host_limits()
    assert limits.cpus
    assert 0 in limits.memory_nodes
