"""What the runtime specification says about a container is so."""

import os
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace

from sdk.linux.descriptors import path_of
from sdk.oci import runtime as oci
from sdk.testing.bundles import container_spec, process, with_linux
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code, read_all


class SpecificationCases:
    """What the runtime specification says about a container is so."""

    @pytest.mark.anyio
    async def test_it_is_process_one_with_its_own_name_and_network(self, lab: Lab) -> None:
        _, out, _ = await lab.run("sh", "-c", "echo $$; hostname; ls /sys/class/net; ls -d /proc/[0-9]* | wc -l")
        assert out.split()[:3] == [b"1", b"contract", b"lo"]
        assert int(out.split()[-1]) <= 4

    @pytest.mark.anyio
    async def test_user_groups_environment_and_directory(self, lab: Lab) -> None:
        user = oci.User(uid=1000, gid=1001, additional_gids=(1001, 5))
        first = replace(
            process("sh", "-c", "id -u; id -g; id -G; echo $GREETING; pwd", user=user, env=("GREETING=hi you",)), cwd="/tmp"
        )
        task = await lab.start_spec(container_spec(first))
        assert (await read_all(task.stdout)).split(b"\n") == [b"1000", b"1001", b"1001 5", b"hi you", b"/tmp", b""]

    @pytest.mark.anyio
    async def test_capabilities_seccomp_and_privileges(self, lab: Lab) -> None:
        refusing = oci.Seccomp(
            default_action="SCMP_ACT_ALLOW",
            syscalls=(oci.SeccompRule(("mkdir", "mkdirat"), "SCMP_ACT_ERRNO", errno_ret=13),),
        )
        held = oci.Capabilities(bounding=("CAP_CHOWN",), effective=("CAP_CHOWN",), permitted=("CAP_CHOWN",))
        first = replace(
            process("sh", "-c", "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; mkdir /tmp/x"),
            capabilities=held,
            no_new_privileges=True,
        )
        task = await lab.start_spec(with_linux(container_spec(first), seccomp=refusing))
        seen = dict(line.split(b":\t") for line in (await read_all(task.stdout)).splitlines())
        assert seen[b"CapEff"] == seen[b"CapBnd"] == b"0000000000000001"
        assert (seen[b"NoNewPrivs"], seen[b"Seccomp"]) == (b"1", b"2")
        assert b"Permission denied" in await read_all(task.stderr)
        assert await exit_code(task) == 1

    @pytest.mark.anyio
    async def test_limits_sysctls_and_masks(self, lab: Lab) -> None:
        first = replace(
            process(
                "sh",
                "-c",
                "ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl /proc/kcore; ls /sys/firmware; echo 1 > /proc/sys/kernel/panic",
            ),
            rlimits=(oci.Rlimit("RLIMIT_NOFILE", hard=100, soft=50),),
        )
        spec = with_linux(container_spec(first), sysctl={"net.ipv4.ip_default_ttl": "33"})
        task = await lab.start_spec(spec)
        assert await read_all(task.stdout) == b"50\n33\n"
        assert b"Read-only file system" in await read_all(task.stderr)

    @pytest.mark.anyio
    async def test_the_source_of_a_mount_may_be_a_descriptor_of_the_daemon(self, lab: Lab) -> None:
        """What it stands for is mounted, whatever its name leads to by now; the supervisor does not keep it busy."""
        place, secret = lab.root / "opened", lab.root / "secret"
        for path in (place, secret):
            path.mkdir()
            (path / "who").write_text(f"{path.name}\n")
        directory, file = (os.open(name, os.O_PATH) for name in (place, place / "who"))
        place.rename(lab.root / "moved")
        place.symlink_to(secret)
        spec = container_spec(process("sh", "-c", "cat /data/who /etc/who; echo mine > /data/new; echo no > /etc/who"))
        mounts = (
            oci.Mount("/data", "bind", path_of(directory), ("rbind", "rw", "rprivate")),
            oci.Mount("/etc/who", "bind", path_of(file), ("rbind", "ro", "rprivate")),
        )
        task = await lab.start_spec(replace(spec, mounts=(*spec.mounts, *mounts)))
        os.close(directory)
        os.close(file)
        assert await read_all(task.stdout) == b"opened\nopened\n"
        assert b"Read-only file system" in await read_all(task.stderr)
        assert (lab.root / "moved/new").read_text() == "mine\n"
        assert os.listdir(secret) == ["who"]

    @pytest.mark.anyio
    async def test_mounts_and_a_read_only_root(self, lab: Lab) -> None:
        (lab.root / "shared").mkdir()
        (lab.root / "shared/hello").write_text("hello\n")
        spec = container_spec(process("sh", "-c", "cat /data/hello; echo x > /data/new; echo y > /etc/new; echo z > /ro/new"))
        spec = replace(
            spec,
            root=oci.Root("rootfs", readonly=True),
            mounts=(
                *spec.mounts,
                oci.Mount("/data", "bind", str(lab.root / "shared"), ("rbind", "rprivate")),
                oci.Mount("/ro", "bind", str(lab.root / "shared"), ("bind", "ro")),
            ),
        )
        bundle = lab.bundles.bundle(spec)
        task = await lab.runtime.start(bundle, PIPES)
        assert await read_all(task.stdout) == b"hello\n"
        assert (await read_all(task.stderr)).count(b"Read-only file system") == 2
        await exit_code(task)
        assert (lab.root / "shared/new").read_text() == "x\n"

    @pytest.mark.anyio
    async def test_devices_are_as_the_rules_say(self, lab: Lab) -> None:
        command = "echo x > /dev/null; head -c 3 /dev/zero | wc -c; mknod /tmp/mem c 1 1 && cat /tmp/mem"
        code, out, err = await lab.run("sh", "-c", command)
        assert (code, out) == (1, b"3\n")
        assert b"Operation not permitted" in err

    @pytest.mark.anyio
    async def test_the_root_is_written_to_the_layer_and_nothing_stays_mounted(self, lab: Lab) -> None:
        bundle = lab.bundle("sh", "-c", "echo kept > /data/file; sleep 1000")
        task = await lab.runtime.start(bundle, PIPES)
        with anyio.fail_after(30):
            while not (lab.bundles.upper(bundle.id) / "data/file").exists():  # noqa: ASYNC110
                await anyio.sleep(0.01)
        assert str(bundle.path) not in Path("/proc/self/mountinfo").read_text()
        await task.delete()
        assert (lab.bundles.upper(bundle.id) / "data/file").read_text() == "kept\n"

    @pytest.mark.anyio
    async def test_namespaces_of_another_are_joined_by_path(self, lab: Lab) -> None:
        first = await lab.sleeper()
        joined = tuple(
            oci.Namespace(kind, f"/proc/{first.pid}/ns/{kind if kind != 'network' else 'net'}") for kind in ("network", "pid")
        )
        own = tuple(oci.Namespace(kind) for kind in ("mount", "uts", "ipc"))
        spec = container_spec(process("sh", "-c", "readlink /proc/self/ns/net; cat /proc/1/cmdline"))
        second = await lab.start_spec(with_linux(spec, namespaces=(*own, *joined)))
        out, code = await read_all(second.stdout), await exit_code(second)
        assert code == 0
        assert out == os.readlink(f"/proc/{first.pid}/ns/net").encode() + b"\nsleep\0001000\0"
