"""Docker's options as the runtime specification."""

from dataclasses import replace

import msgspec
import pytest

from core.containers.process.capabilities import ALL_CAPABILITIES, available_capabilities
from core.containers.process.namespaces import SharedNamespaces
from core.containers.process.seccomp_default import default_seccomp
from core.containers.process.spec import exec_process
from core.containers.spec import MASKED_PATHS, READONLY_PATHS, SpecRequest, build_spec
from sdk.docker.security import parse_security_options
from sdk.engine.config import ContainerConfig, DeviceMapping, HostConfig, Limits, Ulimit
from sdk.engine.modes import NamespaceKind, NamespaceMode, network_named
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

HOST_DEVICES = {
    "/dev": (oci.Device("/dev/null", "c", 1, 3), oci.Device("/dev/sda", "b", 8, 0)),
    "/dev/fuse": (oci.Device("/dev/fuse", "c", 10, 229),),
    "/dev/snd": (oci.Device("/dev/snd/seq", "c", 116, 1), oci.Device("/dev/snd/timer", "c", 116, 33)),
}


def spec(host: HostConfig | None = None, config: ContainerConfig | None = None, **fields: object) -> oci.Spec:
    request = SpecRequest(
        id="c1",
        config=config or ContainerConfig(),
        host_config=host or HostConfig(),
        args=("sh",),
        host_devices=HOST_DEVICES.__getitem__,
        host_capabilities=ALL_CAPABILITIES,
    )
    return build_spec(replace(request, **fields))


def namespaces(made: oci.Spec) -> dict[str, str]:
    return {namespace.type: namespace.path for namespace in made.linux.namespaces}


def mount(made: oci.Spec, destination: str) -> oci.Mount:
    (found,) = [mount for mount in made.mounts if mount.destination == destination]
    return found


def test_a_plain_container_has_dockers_defaults():
    made = spec()
    assert made.process.args == ("sh",)
    assert made.process.capabilities is not None
    assert len(made.process.capabilities.effective) == 14
    assert made.process.capabilities.ambient == made.process.capabilities.inheritable == ()
    assert made.linux.masked_paths == MASKED_PATHS
    assert made.linux.readonly_paths == READONLY_PATHS
    assert [mount.destination for mount in made.mounts] == [
        "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm",
    ]  # fmt: skip
    assert "ro" in mount(made, "/sys").options
    assert "size=67108864" in mount(made, "/dev/shm").options
    assert made.linux.seccomp is default_seccomp(frozenset(made.process.capabilities.bounding))
    assert not made.process.no_new_privileges


def test_it_is_a_valid_config_json():
    written = msgspec.json.decode(msgspec.json.encode(spec(HostConfig(limits=Limits(memory=64 << 20)))))
    assert written["ociVersion"] == "1.0.2"
    assert written["process"]["args"] == ["sh"]
    assert written["linux"]["resources"]["memory"] == {"limit": 64 << 20, "swap": 128 << 20}


def test_namespaces_by_default_are_own_ones_but_for_the_cgroup_on_v1():
    assert namespaces(spec()) == dict.fromkeys(("mount", "network", "uts", "pid", "ipc"), "")
    assert "cgroup" in namespaces(spec(cgroup_version=2))
    assert "cgroup" in namespaces(spec(HostConfig(cgroupns_mode=NamespaceMode(NamespaceKind.PRIVATE))))
    assert "cgroup" not in namespaces(spec(HostConfig(cgroupns_mode=NamespaceMode(NamespaceKind.HOST)), cgroup_version=2))


def test_host_modes_leave_namespaces_out():
    host = HostConfig(
        network_mode=network_named("host"),
        pid_mode=NamespaceMode(NamespaceKind.HOST),
        ipc_mode=NamespaceMode(NamespaceKind.HOST),
        uts_mode=NamespaceMode(NamespaceKind.HOST),
    )
    made = spec(host, hostname="ignored")
    assert namespaces(made) == {"mount": ""}
    assert made.hostname == ""
    assert mount(made, "/dev/shm").source == "/dev/shm"
    assert made.linux.sysctl == {}


def test_namespaces_of_others_are_joined_by_path():
    shared = SharedNamespaces(network="/proc/7/ns/net", pid="/proc/7/ns/pid", ipc="/proc/7/ns/ipc")
    made = namespaces(
        spec(
            HostConfig(pid_mode=NamespaceMode(NamespaceKind.CONTAINER, "x"), ipc_mode=NamespaceMode(NamespaceKind.CONTAINER, "x")),
            namespaces=shared,
        )
    )
    assert made["network"] == "/proc/7/ns/net"
    assert made["pid"] == "/proc/7/ns/pid"
    assert made["ipc"] == "/proc/7/ns/ipc"
    assert made["uts"] == ""


def test_privileged_takes_the_fences_away():
    made = spec(HostConfig(privileged=True), host_capabilities=frozenset({"CAP_CHOWN", "CAP_SYS_ADMIN"}))
    assert made.process.capabilities.effective == ("CAP_CHOWN", "CAP_SYS_ADMIN")
    assert made.linux.seccomp is None
    assert made.linux.masked_paths == made.linux.readonly_paths == ()
    assert "rw" in mount(made, "/sys").options
    assert "rw" in mount(made, "/sys/fs/cgroup").options
    assert made.linux.resources.devices == (oci.DeviceRule(allow=True),)
    assert {device.path for device in made.linux.devices} == {"/dev/null", "/dev/sda"}


def test_an_explicit_seccomp_profile_holds_for_a_privileged_container_too():
    assert spec(HostConfig(privileged=True, security=Security(seccomp=Seccomp(SeccompChoice.BUILTIN)))).linux.seccomp is not None
    assert spec(HostConfig(security=Security(seccomp=Seccomp(SeccompChoice.UNCONFINED)))).linux.seccomp is None


def test_a_user_other_than_root_keeps_only_the_bounding_set():
    made = spec(user=oci.User(uid=1000, gid=1000, additional_gids=(10,)))
    assert len(made.process.capabilities.bounding) == 14
    assert made.process.capabilities.effective == made.process.capabilities.permitted == ()


def test_security_options_of_the_cli():
    made = spec(
        HostConfig(
            security=parse_security_options(("no-new-privileges", "label=disable", "apparmor=unconfined")),
            masked_paths=(),
            readonly_paths=(),
        )
    )
    assert made.process.no_new_privileges
    assert made.linux.masked_paths == made.linux.readonly_paths == ()
    assert made.process.apparmor_profile == ""
    assert not spec(HostConfig(security=parse_security_options(("no-new-privileges:false",)))).process.no_new_privileges


def test_apparmor_profiles_are_named_where_the_kernel_has_it():
    assert spec(HostConfig(security=Security(apparmor="mine")), apparmor=True).process.apparmor_profile == "mine"


def test_own_mounts_come_after_the_systems_parents_first_and_replace_them():
    own = (oci.Mount("/a/b/c"), oci.Mount("/dev/shm", "bind", "/other/shm"), oci.Mount("/a"))
    made = spec(mounts=own)
    assert [mount.destination for mount in made.mounts][-3:] == ["/a", "/dev/shm", "/a/b/c"]
    assert mount(made, "/dev/shm").source == "/other/shm"


def test_a_mount_at_dev_brings_its_own_entries():
    made = spec(mounts=(oci.Mount("/dev", "bind", "/dev"),))
    assert [mount.destination for mount in made.mounts] == ["/proc", "/sys", "/sys/fs/cgroup", "/dev"]


def test_a_readonly_root_keeps_the_kernels_mounts_writable():
    made = spec(HostConfig(readonly_rootfs=True, privileged=True), mounts=(oci.Mount("/data", options=("rw",)),))
    assert made.root.readonly
    assert "ro" in mount(made, "/sys").options
    assert "ro" not in mount(made, "/dev/shm").options
    assert mount(made, "/data").options == ("rw",)


def test_ipc_none_has_no_shared_memory():
    assert all(mount.destination != "/dev/shm" for mount in spec(HostConfig(ipc_mode=NamespaceMode(NamespaceKind.NONE))).mounts)
    assert "size=1048576" in mount(spec(HostConfig(shm_size=1 << 20)), "/dev/shm").options


def test_init_runs_the_command_unless_the_process_namespace_is_another():
    made = spec(init_binary="/usr/bin/tini-static")
    assert made.process.args == ("/sbin/docker-init", "--", "sh")
    assert mount(made, "/sbin/docker-init").source == "/usr/bin/tini-static"
    assert spec(HostConfig(pid_mode=NamespaceMode(NamespaceKind.HOST)), init_binary="/usr/bin/tini-static").process.args == ("sh",)


def test_devices_come_in_at_their_path_with_a_rule():
    made = spec(HostConfig(devices=(DeviceMapping("/dev/fuse", "/dev/f", "rw"), DeviceMapping("/dev/snd", "/dev/sound"))))
    assert [device.path for device in made.linux.devices] == ["/dev/f", "/dev/sound/seq", "/dev/sound/timer"]
    assert made.linux.resources.devices[-3] == oci.DeviceRule(allow=True, type="c", major=10, minor=229, access="rw")
    assert made.linux.resources.devices[0] == oci.DeviceRule(allow=False)


def test_device_rules_are_appended():
    made = spec(HostConfig(device_cgroup_rules=(oci.DeviceRule(allow=True, type="c", major=42, access="rmw"),)))
    assert made.linux.resources.devices[-1] == oci.DeviceRule(allow=True, type="c", major=42, access="rmw")


def test_sysctls_defaults_and_refusals():
    assert spec(domainname="example.org").linux.sysctl == {
        "net.ipv4.ip_unprivileged_port_start": "0",
        "net.ipv4.ping_group_range": "0 2147483647",
        "kernel.domainname": "example.org",
    }
    assert (
        spec(HostConfig(sysctls={"net.ipv4.ip_unprivileged_port_start": "99"})).linux.sysctl["net.ipv4.ip_unprivileged_port_start"]
        == "99"
    )
    with pytest.raises(InvalidArgument, match="not in a separate kernel namespace"):
        spec(HostConfig(sysctls={"kernel.panic": "1"}))
    with pytest.raises(InvalidArgument, match="not allowed in host network namespace"):
        spec(HostConfig(network_mode=network_named("host"), sysctls={"net.core.somaxconn": "1"}))


def test_limits():
    made = spec(
        HostConfig(
            limits=Limits(nano_cpus=1_500_000_000, cpu_shares=512, cpuset_cpus="0-1", pids_limit=0, memory=1 << 30, memory_swap=-1)
        )
    )
    resources = made.linux.resources
    assert resources.cpu == oci.CPULimits(shares=512, quota=150_000, period=100_000, cpus="0-1")
    assert resources.pids == oci.PidsLimit(-1)
    assert resources.memory == oci.MemoryLimits(limit=1 << 30, swap=-1)
    assert spec().linux.resources.pids is None


def test_ulimits():
    made = spec(HostConfig(ulimits=(Ulimit("nofile", 100, 200), Ulimit("core", -1, -1))))
    assert made.process.rlimits == (
        oci.Rlimit("RLIMIT_NOFILE", hard=200, soft=100),
        oci.Rlimit("RLIMIT_CORE", hard=2**64 - 1, soft=2**64 - 1),
    )


def test_a_terminal_gets_its_size():
    made = spec(HostConfig(console_size=(24, 80)), ContainerConfig(tty=True))
    assert made.process.terminal
    assert made.process.console_size == oci.ConsoleSize(height=24, width=80)


def test_exec_inherits_rights_and_can_be_privileged():
    first = spec(HostConfig(ulimits=(Ulimit("nofile", 5, 5),))).process
    further = exec_process(first, args=("id",), env=("A=b",), cwd="/tmp", user=oci.User(uid=5))
    assert further.capabilities.bounding == first.capabilities.bounding
    assert further.capabilities.effective == ()
    assert further.rlimits == first.rlimits
    privileged = exec_process(first, args=("id",), env=(), cwd="/", user=oci.User(), privileged=True)
    assert set(privileged.capabilities.effective) == available_capabilities()
