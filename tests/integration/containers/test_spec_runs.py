"""What `build_spec` makes of Docker's options, run by both runtimes on this kernel."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.containers.limits.host_devices import host_devices
from core.containers.process.capabilities import available_capabilities
from core.containers.process.init_process import CANDIDATES, find_init
from core.containers.spec import SpecRequest, build_spec
from sdk.drivers.runtime import ProcessIO
from sdk.engine.config import ContainerConfig, DeviceMapping, HostConfig, Ulimit
from sdk.engine.modes import NamespaceKind, NamespaceMode, network_named
from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.oci.runtime import User
from sdk.testing.bundles import BundleFactory, busybox_root, static_busybox
from sdk.testing.runtimes import exit_code, open_runtime, read_all

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

Run = Callable[..., Awaitable[tuple[int, str, str]]]
DOCKERS_CAPABILITIES = "00000000a80425fb"
STATUS = "grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs):' /proc/self/status"
NO_PROFILE = Security(seccomp=Seccomp(SeccompChoice.UNCONFINED))


@pytest.fixture
def directory() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="spec-", dir="/dev/shm"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(params=["runtime_ns", "runtime_oci"])
async def run(request, directory: Path) -> AsyncIterator[Run]:
    """Runs a shell script with options; returns exit code, output and errors."""
    busybox = static_busybox()
    if busybox is None or (request.param == "runtime_oci" and not (shutil.which("runc") or shutil.which("crun"))):
        pytest.skip("needs busybox-static, and runc or crun")
    bundles = BundleFactory(directory, busybox_root(directory / "lower", busybox), prefix=f"spec{os.getpid()}x")
    (directory / "lower/sbin").mkdir()
    numbers = itertools.count()
    async with open_runtime(f"plugins.{request.param}.plugin", {}, directory) as runtime:

        async def run_script(script: str, host: HostConfig | None = None, **fields: object) -> tuple[int, str, str]:
            container_id = f"{bundles.prefix}{next(numbers)}"
            wanted = SpecRequest(
                id=container_id,
                config=ContainerConfig(),
                host_config=host or HostConfig(),
                args=("sh", "-c", script),
                host_devices=host_devices,
                env=("PATH=/bin",),
                hostname="speckled",
                cgroups_path=f"/core-{directory.name[-8:]}/{container_id}",
            )
            task = await runtime.start(bundles.bundle(build_spec(replace(wanted, **fields)), container_id), ProcessIO())
            out, err, code = await read_all(task.stdout), await read_all(task.stderr), await exit_code(task)
            await task.delete()
            return code, out.decode(), err.decode()

        yield run_script
        for container_id, path in bundles.made.items():
            await runtime.discard(container_id, path)
        assert await runtime.audit() == []


def table(text: str) -> dict[str, str]:
    return dict(line.split(":\t") for line in text.splitlines())


async def test_a_plain_container_is_confined(run: Run):
    code, out, err = await run(f"{STATUS}; hostname >&2; mount -t tmpfs t /tmp")
    assert table(out) == {"CapEff": DOCKERS_CAPABILITIES, "CapBnd": DOCKERS_CAPABILITIES, "Seccomp": "2", "NoNewPrivs": "0"}
    assert err.startswith("speckled\n")
    assert "Operation not permitted" in err or "permission denied" in err
    assert code != 0


async def test_the_filter_refuses_new_namespaces_where_capabilities_would_not(run: Run):
    _, _, err = await run("unshare -U true")
    assert "Operation not permitted" in err
    code, _, err = await run("unshare -U true", HostConfig(security=NO_PROFILE))
    assert (code, err) == (0, "")


async def test_paths_are_masked_and_read_only(run: Run):
    _, out, err = await run(
        "cat /proc/kcore /proc/keys /proc/interrupts | wc -c; ls /sys/firmware; echo 1 > /proc/sys/kernel/panic; mkdir /sys/x"
    )
    assert out == "0\n"
    assert "/proc/sys/kernel/panic: Read-only file system" in err
    assert "'/sys/x': Read-only file system" in err


async def test_systempaths_unconfined(run: Run):
    host = HostConfig(masked_paths=(), readonly_paths=())
    code, out, _ = await run("head -c 8 /proc/interrupts | wc -c; cat /proc/sys/net/ipv4/ip_unprivileged_port_start", host)
    assert (code, out) == (0, "8\n0\n")


async def test_a_user_has_no_capabilities(run: Run):
    _, out, _ = await run(f"{STATUS}; id -u >&2", user=User(uid=1000, gid=1000))
    assert table(out)["CapEff"] == "0" * 16
    assert table(out)["CapBnd"] == DOCKERS_CAPABILITIES


async def test_privileged_has_all_there_is(run: Run):
    script = f"{STATUS}; mount -t tmpfs t /tmp && mkdir /tmp/x && test -c /dev/kmsg && head -c 0 /dev/kmsg; test -w /sys/kernel && echo w >&2"
    code, out, err = await run(script, HostConfig(privileged=True))
    assert (code, err) == (0, "w\n")
    assert table(out)["Seccomp"] == "0"
    assert int(table(out)["CapEff"], 16).bit_count() == len(available_capabilities())


async def test_capabilities_added_and_dropped(run: Run):
    _, out, _ = await run(STATUS, HostConfig(cap_drop=("ALL",), cap_add=("net_admin", "CAP_CHOWN")))
    assert int(table(out)["CapEff"], 16) == 1 << 12 | 1


async def test_a_profile_of_ones_own(run: Run):
    profile = (
        '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
    )
    _, _, err = await run(
        "mkdir /tmp/x", HostConfig(security=Security(seccomp=Seccomp(SeccompChoice.PROFILE, profile), no_new_privileges=True))
    )
    assert "No space left on device" in err


async def test_devices(run: Run):
    host = HostConfig(devices=(DeviceMapping("/dev/zero", "/dev/nothing", "r"),))
    _, out, err = await run("head -c 4 /dev/nothing | wc -c; mknod /tmp/kmsg c 1 11; cat /tmp/kmsg", host)
    assert out == "4\n"
    assert "Operation not permitted" in err


async def test_limits_sizes_and_names(run: Run):
    host = HostConfig(
        shm_size=1 << 20,
        ulimits=(Ulimit("nofile", 64, 128), Ulimit("core", 0, 0)),
        sysctls={"net.ipv4.ip_default_ttl": "42"},
        readonly_rootfs=True,
    )
    script = "ulimit -n; ulimit -c; df -k /dev/shm | tail -1 | awk '{print $2}'; cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/domainname; touch /x"
    _, out, err = await run(script, host, domainname="example.org")
    assert out.split() == ["64", "0", "1024", "42", "example.org"]
    assert "Read-only file system" in err


async def test_host_namespaces(run: Run):
    host = HostConfig(
        pid_mode=NamespaceMode(NamespaceKind.HOST),
        ipc_mode=NamespaceMode(NamespaceKind.HOST),
        uts_mode=NamespaceMode(NamespaceKind.HOST),
        network_mode=network_named("none"),
    )
    _, out, _ = await run("for n in pid ipc uts net; do readlink /proc/self/ns/$n; done", host)
    ours = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "ipc", "uts", "net")]
    assert out.split()[:3] == ours[:3]
    assert out.split()[3] != ours[3]


@pytest.mark.skipif(not any(map(shutil.which, CANDIDATES)), reason="needs Debian's tini")
async def test_init_is_the_first_process(run: Run):
    code, out, _ = await run("cat /proc/1/comm; exit 5", init_binary=find_init())
    assert code == 5
    assert out.strip() in ("docker-init", "tini-static")
