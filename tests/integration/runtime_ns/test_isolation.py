"""Namespaces, cgroups and limits as the container finds them."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from msgspec.structs import replace

from plugins.runtime_ns.cgroups.hierarchy import find_hierarchy
from sdk.drivers.runtime import ProcessIO
from sdk.errors import Conflict, InvalidArgument, StartFailed, Unsupported
from sdk.oci import runtime as oci
from sdk.testing.bundles import BundleFactory, container_spec, process, with_linux
from sdk.testing.contracts.runtime import RuntimeContract
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code, open_runtime, read_all

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


async def output(lab: Lab, spec: oci.Spec) -> str:
    task = await lab.start_spec(spec)
    out, err = await read_all(task.stdout), await read_all(task.stderr)
    await exit_code(task)
    await task.delete()
    return (out + err).decode()


def alive(pid: int) -> bool:
    """Tell whether a process does anything: a zombie, whom the host's init has not buried yet, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def shell(script: str) -> oci.Spec:
    return container_spec(process("sh", "-c", script))


def without(spec: oci.Spec, kind: str) -> oci.Spec:
    return with_linux(spec, namespaces=tuple(namespace for namespace in spec.linux.namespaces if namespace.type != kind))


async def test_a_new_network_has_a_loopback_that_is_up(lab: Lab) -> None:
    assert "127.0.0.1" in await output(lab, shell("ip addr show lo; ping -c1 -W1 127.0.0.1 >/dev/null || echo dead"))


async def test_the_hosts_network(lab: Lab) -> None:
    spec = without(shell("readlink /proc/self/ns/net"), "network")
    assert (await output(lab, spec)).strip() == os.readlink("/proc/self/ns/net")


@pytest.fixture
def foreign_network() -> Iterator[str]:
    """A network namespace of another process, as a path."""
    holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    yield f"/proc/{holder.pid}/ns/net"
    holder.kill()
    holder.wait()
    holder.stdout.close()


async def test_a_network_given_by_path(lab: Lab, foreign_network: str) -> None:
    spec = shell("readlink /proc/self/ns/net")
    namespaces = (*without(spec, "network").linux.namespaces, oci.Namespace("network", foreign_network))
    assert (await output(lab, with_linux(spec, namespaces=namespaces))).strip() == os.readlink(foreign_network)


async def test_the_pid_namespace_of_another_container(lab: Lab) -> None:
    first = await lab.sleeper()
    spec = shell("ps -o args | grep -c '[s]leep 1000'")
    namespaces = (*without(spec, "pid").linux.namespaces, oci.Namespace("pid", f"/proc/{first.pid}/ns/pid"))
    assert await output(lab, with_linux(spec, namespaces=namespaces)) == "1\n"
    await first.delete()


async def test_a_namespace_that_is_gone_is_named(lab: Lab) -> None:
    spec = with_linux(shell("true"), namespaces=(oci.Namespace("mount"), oci.Namespace("ipc", "/proc/0/ns/ipc")))
    with pytest.raises(StartFailed, match="failed to join namespace /proc/0/ns/ipc: no such file or directory"):
        await lab.start_spec(spec)


async def test_user_namespaces_are_refused_before_anything_is_made(lab: Lab) -> None:
    spec = with_linux(shell("true"), namespaces=(oci.Namespace("mount"), oci.Namespace("user")))
    with pytest.raises(Unsupported):
        await lab.start_spec(spec)


async def test_a_time_namespace(lab: Lab) -> None:
    if not Path("/proc/self/ns/time").exists():
        pytest.skip("this kernel has no time namespaces")
    spec = shell("readlink /proc/self/ns/time")
    spec = with_linux(spec, namespaces=(*spec.linux.namespaces, oci.Namespace("time")))
    assert (await output(lab, spec)).strip() != os.readlink("/proc/self/ns/time")


async def test_whoever_stays_behind_on_the_hosts_pid_namespace_is_killed(lab: Lab) -> None:
    task = await lab.start_spec(without(shell("(trap '' TERM HUP; exec sleep 1000 </dev/null >/dev/null 2>&1) & exit 3"), "pid"))
    assert await exit_code(task) == 3
    (left,) = await task.pids()
    await task.delete()
    assert not alive(left)


async def test_sysctls_names_and_keyring(lab: Lab) -> None:
    spec = with_linux(
        shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start; hostname; cat /proc/sys/kernel/domainname"),
        sysctl={"net.ipv4.ip_unprivileged_port_start": "77"},
    )
    spec = replace(spec, domainname="example.org")
    assert await output(lab, spec) == "77\ncontract\nexample.org\n"


async def test_an_unknown_sysctl_is_named(lab: Lab) -> None:
    with pytest.raises(StartFailed, match="open /proc/sys/net/none: no such file or directory"):
        await lab.start_spec(with_linux(shell("true"), sysctl={"net.none": "1"}))


@pytest.mark.skipif(find_hierarchy().version != 1, reason="version 1 only")
@pytest.mark.parametrize("private", [True, False])
async def test_the_cgroup_mount_shows_the_containers_own(lab: Lab, private: bool) -> None:
    spec = shell(
        "cat /sys/fs/cgroup/pids/tasks | wc -l; mkdir /sys/fs/cgroup/pids/x; cut -d: -f3 /proc/self/cgroup | sort -u | head -1"
    )
    spec = replace(
        spec, mounts=(*spec.mounts, oci.Mount("/sys/fs/cgroup", "cgroup", "cgroup", ("ro", "nosuid", "noexec", "nodev")))
    )
    if private:
        spec = with_linux(spec, namespaces=(*spec.linux.namespaces, oci.Namespace("cgroup")))
    tasks, *rest = (await output(lab, spec)).splitlines()
    assert 1 <= int(tasks) <= 4
    assert any("Read-only file system" in line for line in rest)


async def test_running_out_of_memory_is_told(lab: Lab) -> None:
    limits = oci.Resources(memory=oci.MemoryLimits(limit=16 << 20, swap=16 << 20))
    task = await lab.start("sh", "-c", "x=a; while :; do x=$x$x; done", limits=limits)
    status = await task.wait()
    assert (status.code, status.oom_killed) == (137, True)
    await task.delete()


async def test_a_limit_the_kernel_refuses_leaves_nothing(lab: Lab) -> None:
    limits = oci.Resources(cpu=oci.CPULimits(cpus="4096"))
    with pytest.raises(InvalidArgument, match=r'failed to write "4096": cpuset\.cpus'):
        await lab.start("true", limits=limits)
    assert await lab.runtime.audit() == []


async def test_a_parent_chosen_by_the_user_goes_when_it_is_empty(bench: BundleFactory) -> None:
    parent = f"/chosen-{os.getpid()}"
    hierarchy = find_hierarchy()
    places = [Path(mount + parent) for mount in hierarchy.controllers.values() or [hierarchy.unified]]
    spec = with_linux(shell("true"), cgroups_path=f"{parent}/deep/c1")
    async with open_runtime("plugins.runtime_ns.plugin", {}, bench.directory) as runtime:
        task = await runtime.start(bench.bundle(spec), PIPES)
        await exit_code(task)
        assert any(place.exists() for place in places)
        await task.delete()
    assert not any(place.exists() for place in places)


async def test_a_parent_made_by_somebody_else_stays(bench: BundleFactory) -> None:
    hierarchy = find_hierarchy()
    theirs = Path((hierarchy.controllers.get("cpu") or hierarchy.unified) + f"/theirs-{os.getpid()}")
    theirs.mkdir()
    try:
        async with open_runtime("plugins.runtime_ns.plugin", {}, bench.directory) as runtime:
            task = await runtime.start(bench.bundle(with_linux(shell("true"), cgroups_path=f"/{theirs.name}/c1")), PIPES)
            await task.delete()
        assert theirs.exists()
    finally:
        for mount in {*hierarchy.controllers.values(), hierarchy.unified} - {""}:
            if Path(mount, theirs.name).exists():
                Path(mount, theirs.name).rmdir()


async def test_privileged_exec(lab: Lab) -> None:
    task = await lab.sleeper()
    script = "grep -E 'CapEff|Seccomp:' /proc/self/status"
    plain = await task.exec("e1", process("sh", "-c", script), PIPES)
    privileged = await task.exec("e2", process("sh", "-c", script), PIPES, privileged=True)
    assert await read_all(plain.stdout) != await read_all(privileged.stdout)
    for made in (plain, privileged):
        assert await exit_code(made) == 0
        made.close()
    await task.delete()


async def test_exec_is_refused_while_paused(lab: Lab) -> None:
    task = await lab.sleeper()
    await task.pause()
    with pytest.raises(Conflict, match="is paused, unpause the container before exec"):
        await task.exec("e1", process("true"), PIPES)
    await task.delete()


async def test_exec_ends_with_the_container(lab: Lab) -> None:
    task = await lab.sleeper()
    made = await task.exec("e1", process("sleep", "1000"), ProcessIO(stdin=True))
    await task.signal(9)
    assert await exit_code(made) == 137
    made.close()
    await task.delete()


async def test_the_plan_can_be_shown_without_making_anything(lab: Lab) -> None:
    lines = lab.runtime.describe(lab.bundle("true"), PIPES)
    assert any('mount("proc", "/proc", "proc"' in call for call, _ in lines)
    assert all(reason for _, reason in lines)
    assert await lab.runtime.audit() == []


@pytest.mark.skipif(not find_hierarchy().unified, reason="no cgroup2 mount")
class TestVersion2(RuntimeContract):
    """The contract on the host's cgroup2 mount, be it one without controllers: what needs limits is left to a machine with them."""

    plugin = "plugins.runtime_ns.plugin"

    settings: ClassVar = {"cgroup_version": "2"}

    @pytest.fixture(autouse=True)
    def controllers(self, request: pytest.FixtureRequest) -> None:
        if find_hierarchy().version == 1 and any(word in request.node.name for word in ("limit", "stats", "memory", "everything")):
            pytest.skip("the controllers of this machine are on version 1")


async def test_pause_is_quick(lab: Lab) -> None:
    task = await lab.sleeper()
    async with asyncio.timeout(1):
        for _ in range(5):
            await task.pause()
            await task.resume()
    await task.delete()
