"""Roots, mounts and devices as the container finds them."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from sdk.drivers.runtime import Bundle
from sdk.drivers.storage import Mount
from sdk.errors import InvalidArgument, StartFailed
from sdk.linux.mount import MountFlag, mount, umount
from sdk.oci import runtime as oci
from sdk.testing.bundles import container_spec, process, with_linux
from sdk.testing.contracts.runtime.lab import PIPES, Lab
from sdk.testing.runtimes import exit_code, read_all

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

LINUX = tuple(int(number) for number in os.uname().release.split(".")[:2])


def spec_with(script: str, *mounts: oci.Mount) -> oci.Spec:
    spec = container_spec(process("sh", "-c", script))
    return replace(spec, mounts=(*spec.mounts, *mounts))


async def output(lab: Lab, spec: oci.Spec | Bundle) -> str:
    bundle = spec if isinstance(spec, Bundle) else lab.bundles.bundle(spec)
    task = await lab.runtime.start(bundle, PIPES)
    out, err = await read_all(task.stdout), await read_all(task.stderr)
    await exit_code(task)
    await task.delete()
    return (out + err).decode()


@pytest.fixture
def source(lab: Lab) -> Path:
    directory = lab.root / "source"
    directory.mkdir()
    (directory / "file").write_text("content\n")
    return directory


async def test_mount_points_are_made_as_directories_and_files(lab: Lab, source: Path) -> None:
    mounts = (
        oci.Mount("/new/deep/dir", "bind", str(source), ("rbind",)),
        oci.Mount("/new/file", "bind", str(source / "file"), ("bind",)),
    )
    assert await output(lab, spec_with("cat /new/deep/dir/file /new/file", *mounts)) == "content\ncontent\n"


async def test_a_dangling_symlink_gives_way_to_the_mount(lab: Lab, source: Path) -> None:
    (lab.bundles.lower / "etc/resolv.conf").symlink_to("../run/nowhere/stub.conf")
    bind = oci.Mount("/etc/resolv.conf", "bind", str(source / "file"), ("rbind", "ro"))
    assert await output(lab, spec_with("cat /etc/resolv.conf", bind)) == "content\n"


@pytest.mark.parametrize("target", ["/{}", "../../../../../../{}"])
async def test_symlinks_do_not_lead_out_of_the_container(lab: Lab, source: Path, target: str) -> None:
    outside = lab.root / "outside"
    outside.mkdir()
    (lab.bundles.lower / "trap").symlink_to(target.format(str(outside).lstrip("/")))
    bind = oci.Mount("/trap/inside", "bind", str(source), ("rbind",))
    with pytest.raises(StartFailed):
        await lab.start_spec(spec_with("true", bind))
    assert list(outside.iterdir()) == []


async def test_read_only_binds_keep_the_flags_of_their_source(lab: Lab, source: Path) -> None:
    mount("tmpfs", str(source), "tmpfs", MountFlag.NOSUID | MountFlag.NODEV | MountFlag.NOEXEC)
    try:
        bind = oci.Mount("/data", "bind", str(source), ("rbind", "ro"))
        options = (await output(lab, spec_with("grep ' /data ' /proc/mounts; touch /data/x", bind))).splitlines()
        assert {"ro", "nosuid", "nodev", "noexec"} <= set(options[0].split()[3].split(","))
        assert "Read-only file system" in options[1]
    finally:
        umount(str(source))


@pytest.mark.parametrize(("word", "below"), [("ro", "writable"), ("rro", "read-only")])
async def test_recursively_read_only(lab: Lab, source: Path, word: str, below: str) -> None:
    (source / "sub").mkdir()
    mount("tmpfs", str(source / "sub"), "tmpfs")
    try:
        bind = oci.Mount("/data", "bind", str(source), ("rbind", word))
        script = "touch /data/sub/x 2>/dev/null && echo writable || echo read-only"
        assert await output(lab, spec_with(script, bind)) == f"{below}\n"
    finally:
        umount(str(source / "sub"))


async def test_mounts_made_inside_stay_inside_unless_shared(lab: Lab, source: Path) -> None:
    mount(str(source), str(source), flags=MountFlag.BIND)
    mount("", str(source), flags=MountFlag.SHARED)
    (source / "sub").mkdir()
    spec = spec_with("mount -t tmpfs x /data/sub; touch /data/sub/made", oci.Mount("/data", "bind", str(source), ("rbind",)))
    everything = oci.Capabilities(("CAP_SYS_ADMIN",), ("CAP_SYS_ADMIN",), ("CAP_SYS_ADMIN",))
    spec = replace(spec, process=replace(spec.process, capabilities=everything))
    shared = replace(spec, mounts=(*spec.mounts[:-1], oci.Mount("/data", "bind", str(source), ("rbind", "rshared"))))
    try:
        assert await output(lab, spec) == ""
        assert not (source / "sub/made").exists()
        assert await output(lab, shared) == ""
        assert (source / "sub/made").exists()
        umount(str(source / "sub"))
    finally:
        umount(str(source))


async def test_a_file_on_a_directory_is_explained(lab: Lab, source: Path) -> None:
    with pytest.raises(StartFailed, match="Are you trying to mount a directory onto a file") as failure:
        await lab.start_spec(spec_with("true", oci.Mount("/etc", "bind", str(source / "file"), ("rbind",))))
    assert failure.value.exit_code == 127


async def test_a_missing_source_is_named(lab: Lab) -> None:
    with pytest.raises(StartFailed, match='error mounting "/no/such" to rootfs at "/data": no such file or directory'):
        await lab.start_spec(spec_with("true", oci.Mount("/data", "bind", "/no/such", ("rbind",))))


@pytest.mark.skipif(LINUX < (6, 7), reason="this kernel does not take layers one by one")
async def test_a_root_of_very_many_layers(lab: Lab) -> None:
    layers = []
    for number in range(120):
        layer = lab.root / f"layer-{number:050}"
        layer.mkdir()
        (layer / f"from{number}").touch()
        layers.append(str(layer))
    bundle = lab.bundle("sh", "-c", "ls / | grep -c from")
    upper, work = bundle.rootfs[0].options[1:]
    lower = ":".join((*layers, str(lab.bundles.lower)))
    many = replace_rootfs(bundle, Mount("overlay", "overlay", (f"lowerdir={lower}", upper, work)))
    assert await output(lab, many) == "120\n"


def replace_rootfs(bundle: Bundle, *rootfs: Mount) -> Bundle:
    return Bundle(bundle.id, bundle.path, bundle.spec, rootfs)


async def test_layers_named_from_the_source(lab: Lab) -> None:
    bundle = lab.bundle("ls", "/etc/plain")
    home = lab.bundles.path(bundle.id).parent
    options = "lowerdir=lower", f"upperdir={home.name}/upper", f"workdir={home.name}/work"
    assert await output(lab, replace_rootfs(bundle, Mount("overlay", str(lab.root), options))) == "/etc/plain\n"


@pytest.mark.parametrize("prepared", [True, False])
async def test_a_root_that_is_a_directory(lab: Lab, prepared: bool) -> None:
    root = lab.bundles.lower
    bundle = lab.bundle("ls", "/etc/plain")
    if prepared:
        bundle = Bundle(bundle.id, bundle.path, replace(bundle.spec, root=oci.Root(str(root))), ())
    else:
        bundle = replace_rootfs(bundle, Mount("bind", str(root), ("rbind", "ro")))
    assert await output(lab, bundle) == "/etc/plain\n"


async def test_devices_their_modes_and_owners(lab: Lab) -> None:
    spec = container_spec(
        process("sh", "-c", "stat -c '%n %F %t:%T %a %u:%g' /dev/null /dev/sub/loop; ls -l /dev/fd /dev/core | wc -l")
    )
    spec = with_linux(spec, devices=(oci.Device("/dev/sub/loop", "b", 7, 3, 0o640, 5, 6),))
    assert (await output(lab, spec)).splitlines() == [
        "/dev/null character special file 1:3 666 0:0",
        "/dev/sub/loop block special file 7:3 640 5:6",
        "2",
    ]


async def test_devices_that_are_not_allowed_cannot_be_opened(lab: Lab) -> None:
    spec = container_spec(process("sh", "-c", "mknod /tmp/kmsg c 1 11; head -c 0 /tmp/kmsg; head -c 1 /dev/zero | wc -c"))
    everything = oci.Capabilities(("CAP_MKNOD",), ("CAP_MKNOD",), ("CAP_MKNOD",))
    refused, read = (await output(lab, replace(spec, process=replace(spec.process, capabilities=everything)))).splitlines()[::-1]
    assert "Operation not permitted" in refused
    assert read == "1"


async def test_the_working_directory_is_made(lab: Lab) -> None:
    spec = container_spec(process("sh", "-c", "pwd; stat -c '%a %u' ."))
    spec = replace(spec, process=replace(spec.process, cwd="/not/there"))
    assert await output(lab, spec) == "/not/there\n755 0\n"


async def test_a_working_directory_that_is_none(lab: Lab) -> None:
    spec = container_spec(process("true"))
    spec = replace(spec, process=replace(spec.process, cwd="/etc/passwd"))
    with pytest.raises(StartFailed, match=r'chdir to cwd \("/etc/passwd"\) set in config.json failed: not a directory'):
        await lab.start_spec(spec)


async def test_a_masked_directory_is_empty_and_a_masked_file_too(lab: Lab) -> None:
    spec = with_linux(
        container_spec(process("sh", "-c", "ls /etc | wc -l; cat /bin/hidden; touch /etc/x")),
        masked_paths=("/etc", "/bin/hidden", "/no"),
    )
    (lab.bundles.lower / "bin/hidden").write_text("secret")
    masked, touched = (await output(lab, spec)).splitlines()
    assert masked == "0"
    assert "Read-only file system" in touched


async def test_masks_do_not_trust_the_images_dev(lab: Lab, source: Path) -> None:
    (source / "null").symlink_to("/etc/passwd")
    spec = with_linux(spec_with("cat /etc/plain", oci.Mount("/dev", "bind", str(source), ("rbind",))), masked_paths=("/etc/plain",))
    assert await output(lab, spec) == ""


@pytest.mark.parametrize("place", ["/proc", "/proc/sys/x", "proc/../proc/bus"])
async def test_nothing_replaces_proc(lab: Lab, source: Path, place: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be mounted because it is inside /proc"):
        await lab.start_spec(spec_with("true", oci.Mount(place, "bind", str(source), ("rbind",))))


async def test_a_counter_of_proc_may_be_made_up(lab: Lab, source: Path) -> None:
    bind = oci.Mount("/proc/uptime", "bind", str(source / "file"), ("bind",))
    assert await output(lab, spec_with("cat /proc/uptime", bind)) == "content\n"


@pytest.mark.parametrize("descriptor", range(3, 20))
async def test_a_working_directory_cannot_be_a_descriptor_of_the_engine(lab: Lab, descriptor: int) -> None:
    spec = container_spec(process("true"))
    spec = replace(spec, process=replace(spec.process, cwd=f"/proc/self/fd/{descriptor}/.."))
    with pytest.raises(StartFailed):
        await lab.start_spec(spec)
    task = await lab.sleeper()
    with pytest.raises(StartFailed):
        await task.exec("e1", spec.process, PIPES)
    await task.delete()


async def test_the_host_is_out_of_reach(lab: Lab) -> None:
    script = "ls /proc/1/root/; cat /proc/mounts | cut -d' ' -f2 | sort -u | head -1"
    listing = await output(lab, spec_with(script))
    assert os.path.basename(str(lab.root)) not in listing
    assert listing.splitlines()[-1] == "/"
