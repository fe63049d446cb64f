"""`docker cp`, `diff` and `export` on a snapshot, as a container that does not run, and through a process, as one that does."""

import io
import os
import stat as modes
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest

from core.containers.mounts.rootfs import opened_root
from core.engine.containers.files import copy
from core.engine.containers.files.changes import changes
from core.engine.containers.files.export import export
from core.images.layers.diff import layer_tar
from core.images.layers.unpack import Unpacker
from plugins.storage_overlay.driver import OverlayDriver
from sdk.drivers.storage import ChangeKind
from sdk.errors import InvalidArgument, NotFound, PermissionDenied
from sdk.linux.attach import Attachment
from sdk.linux.detached import _through_helper, detached
from sdk.oci.digest import ChainID, digest_of
from tests.descriptors import open_descriptors

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

BASE = ChainID(digest_of(b"base"))


@pytest.fixture
async def storage(tmpfs: Path) -> AsyncIterator[OverlayDriver]:
    root = tmpfs / f"copy-{os.urandom(4).hex()}"
    root.mkdir()
    driver = OverlayDriver(root)
    layer = await driver.stage("base")
    (layer / "etc").mkdir()
    (layer / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (layer / "etc/motd").write_text("hello")
    (layer / "big").write_bytes(bytes(range(256)) * 8000)
    (layer / "abs").symlink_to("/etc/passwd")
    (layer / "dir").symlink_to("etc/../etc")
    (layer / "out").symlink_to("../../../../../../tmp/../etc")
    (layer / "dangling").symlink_to("/nowhere/at/all")
    os.link(layer / "etc/motd", layer / "motd")
    os.mkfifo(layer / "fifo")
    for directory in ("proc", "tmp"):
        (layer / directory).mkdir()
    await driver.commit(BASE, "base", parent=None)
    await driver.prepare("c", parent=BASE)
    yield driver
    driver.close()


@pytest.fixture(params=["stopped", "running"])
async def files(request: pytest.FixtureRequest, storage: OverlayDriver) -> AsyncIterator[copy.Files]:
    if request.param == "stopped":
        yield copy.Files(storage, "c", None, "name")
        return
    root = detached(await storage.mounts("c"))
    try:
        with _inhabited(root) as pid:
            yield copy.Files(storage, "c", pid, "name")
    finally:
        os.close(root)


class _inhabited:  # noqa: N801 - reads as a context manager
    """A process whose root is a directory, with a /proc of its own."""

    def __init__(self, root: int) -> None:
        script = (
            "import os, sys, ctypes; libc = ctypes.CDLL(None); libc.unshare(0x20000); libc.mount(b'none', b'/', None, 0x44000, None);"
            f"os.fchdir({root}); libc.mount(b'proc', b'proc', b'proc', 0, None); os.chroot('.'); print(flush=True); sys.stdin.read()"
        )
        self._process = subprocess.Popen(
            ["python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(root,)
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __enter__(self) -> int:
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def tar_of(**members: bytes) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size, info.uid, info.gid = len(content), 1000, 1001
            archive.addfile(info, io.BytesIO(content))
    return output.getvalue()


async def once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def read(files: copy.Files, path: str) -> tarfile.TarFile:
    _, chunks = await copy.read_archive(files, path)
    return tarfile.open(fileobj=io.BytesIO(b"".join([chunk async for chunk in chunks])))


async def names(files: copy.Files, path: str) -> list[str]:
    return (await read(files, path)).getnames()


async def test_stat(files: copy.Files):
    file = await copy.stat(files, "etc/motd")
    assert (file.name, file.size, modes.S_ISREG(file.mode), file.link_target) == ("motd", 5, True, "")
    assert modes.S_ISDIR((await copy.stat(files, "/etc/")).mode)
    assert (await copy.stat(files, "/")).name == "/"
    assert (await copy.stat(files, "/etc/.")).name == "."


async def test_stat_of_a_symlink_tells_where_it_leads_inside_the_container(files: copy.Files):
    targets = {"/abs": "/etc/passwd", "/dir": "/etc", "/out": "/etc", "/dangling": "/nowhere/at/all"}
    for path, target in targets.items():
        found = await copy.stat(files, path)
        assert (modes.S_ISLNK(found.mode), found.link_target) == (True, target)
    assert modes.S_ISDIR((await copy.stat(files, "/dir/")).mode)
    assert (await copy.stat(files, "/dir/motd")).size == 5


@pytest.mark.parametrize("path", ["/missing", "/etc/missing", "/missing/x", "/etc/motd/x", "/dangling/", "../../etc/missing"])
async def test_a_missing_path_is_not_found(files: copy.Files, path: str):
    with pytest.raises(NotFound, match=r"Could not find the file /.* in container name"):
        await copy.stat(files, path)
    with pytest.raises(NotFound, match="Could not find the file"):
        await copy.read_archive(files, path)


async def test_archives_are_named_by_the_last_component(files: copy.Files):
    assert await names(files, "/etc/motd") == ["motd"]
    assert await names(files, "/etc") == ["etc", "etc/motd", "etc/passwd"]
    assert await names(files, "/dir/") == ["dir", "dir/motd", "dir/passwd"]
    assert await names(files, "/etc/.") == [".", "./motd", "./passwd"]
    assert await names(files, "../etc/") == ["etc", "etc/motd", "etc/passwd"]


async def test_a_symlink_is_archived_itself(files: copy.Files):
    (member,) = (await read(files, "/abs")).getmembers()
    assert (member.issym(), member.linkname) == (True, "/etc/passwd")


async def test_contents_and_hard_links_survive(files: copy.Files):
    big = (await read(files, "/big")).extractfile("big")
    assert big is not None
    assert big.read() == bytes(range(256)) * 8000
    archive = await read(files, "/")
    assert archive.getmember("/motd").islnk() != archive.getmember("/etc/motd").islnk()
    assert archive.getmember("/fifo").isfifo()


async def test_the_root_comes_without_what_is_mounted_on_proc(files: copy.Files):
    assert not [name for name in await names(files, "/") if name.startswith("/proc/")]


async def test_closing_an_archive_early_ends_its_worker(files: copy.Files):
    before = set(_children())
    _, chunks = await copy.read_archive(files, "/big")
    async with aclosing(chunks):
        async for _ in chunks:
            break
    assert set(_children()) == before


@pytest.mark.parametrize("tool", ["cat", "gzip", "bzip2", "xz"])
async def test_write_archive_unpacks_whatever_its_compression(files: copy.Files, tool: str):
    packed = subprocess.run([tool], input=tar_of(one=b"1", sub__two=b"22"), capture_output=True, check=True).stdout
    await copy.write_archive(files, "/dir", once(packed))
    found = (await read(files, "/etc")).getmember("etc/sub/two")
    assert (found.size, found.uid, found.gid) == (2, 1000, 1001)


async def test_write_archive_may_change_the_owner(files: copy.Files):
    await copy.write_archive(files, "/tmp", once(tar_of(one=b"1")), owner=(33, 34))
    found = (await read(files, "/tmp/one")).getmember("one")
    assert (found.uid, found.gid) == (33, 34)


async def test_nothing_that_is_written_leaves_the_root(files: copy.Files, tmpfs: Path):
    name = f"escaped-{os.urandom(4).hex()}"
    hostile = {f"..__..__..__..__..__..__..{tmpfs}/{name}".replace("/", "__"): b"1", f"out__{name}": b"2"}
    await copy.write_archive(files, "/", once(tar_of(**hostile)))
    assert not Path("/etc", name).exists()
    assert not (tmpfs / name).exists()
    assert (await copy.stat(files, f"/etc/{name}")).size == 1


async def test_write_to_what_is_missing_or_no_directory(files: copy.Files):
    with pytest.raises(NotFound, match="Could not find the file /missing in container name"):
        await copy.write_archive(files, "/missing", once(tar_of(one=b"1")))
    with pytest.raises(InvalidArgument, match="extraction point is not a directory"):
        await copy.write_archive(files, "/etc/motd", once(tar_of(one=b"1")))


async def test_a_readonly_root_is_not_written(files: copy.Files):
    with pytest.raises(PermissionDenied, match="container rootfs is marked read-only"):
        await copy.write_archive(files, "/etc", once(tar_of(one=b"1")), readonly=True)


async def test_directories_and_files_are_kept_apart_on_demand(files: copy.Files):
    with pytest.raises(InvalidArgument, match=r'cannot overwrite directory "/etc" with non-directory "/"'):
        await copy.write_archive(files, "/", once(tar_of(etc=b"file")), keep_kinds=True)
    directory = io.BytesIO()
    with tarfile.open(fileobj=directory, mode="w") as archive:
        info = tarfile.TarInfo("motd")
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    with pytest.raises(InvalidArgument, match=r'cannot overwrite non-directory "/etc/motd" with directory "/etc"'):
        await copy.write_archive(files, "/etc", once(directory.getvalue()), keep_kinds=True)
    await copy.write_archive(files, "/", once(tar_of(etc=b"file")))
    assert modes.S_ISREG((await copy.stat(files, "/etc")).mode)


async def test_a_bad_archive_is_the_clients_mistake(files: copy.Files):
    with pytest.raises(InvalidArgument, match="failed to unpack"):
        await copy.write_archive(files, "/", once(b"no tar at all" * 100))


async def test_export_is_the_whole_root(files: copy.Files):
    content = b"".join([chunk async for chunk in export(files.storage, files.key)])
    found = tarfile.TarFile(fileobj=io.BytesIO(content)).getnames()
    assert found == sorted(found)
    assert {"etc/passwd", "proc", "dangling"} <= set(found)
    assert not {name for name in found if name.startswith(("/", ".", "proc/"))}


async def test_changes_become_a_layer_that_repeats_them(storage: OverlayDriver, tmpfs: Path):
    await copy.write_archive(copy.Files(storage, "c", None, "c"), "/", once(tar_of(new__file=b"1", etc__motd=b"changed")))
    async with opened_root(storage, "c") as root:
        os.unlink("etc/passwd", dir_fd=root)
    found = await changes(storage, "c")
    assert ("/etc/passwd", ChangeKind.DELETED) in [(change.path, change.kind) for change in found]
    async with opened_root(storage, "c", readonly=True) as root:
        layer = await storage.stage("commit")
        await Unpacker().unpack_stream(layer_tar(root, found), layer)
    top = ChainID(digest_of(b"top"))
    await storage.commit(top, "commit", parent=BASE)
    await storage.prepare("again", parent=top)
    assert await storage.read_file("again", "/etc/motd") == b"changed"
    assert await storage.read_file("again", "/new/file") == b"1"
    assert await storage.read_file("again", "/etc/passwd") is None


async def test_nothing_stays_mounted_or_open(files: copy.Files, tmpfs: Path):
    await read(files, "/etc")
    mounts, descriptors = _mounts_below(tmpfs), len(open_descriptors())
    await read(files, "/etc")
    await copy.write_archive(files, "/etc", once(tar_of(one=b"1")))
    with anyio.move_on_after(0.2):
        await copy.write_archive(files, "/etc", _stalled())
    assert _mounts_below(tmpfs) == mounts
    assert len(open_descriptors()) == descriptors


def _mounts_below(directory: Path) -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(directory) in line]


async def _stalled() -> AsyncIterator[bytes]:
    yield tar_of(one=b"1")[:100]
    await anyio.sleep_forever()


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


async def test_volumes_of_a_stopped_container_are_there(storage: OverlayDriver, tmpfs: Path):
    host = tmpfs / f"volume-{os.urandom(4).hex()}"
    (host / "data").mkdir(parents=True)
    (host / "hosts").write_text("hosts")
    volumes = (
        Attachment(str(host / "data"), "/srv/data"),
        Attachment(str(host / "data"), "/dir/fixed", readonly=True),
        Attachment(str(host / "hosts"), "/etc/hosts"),
    )
    files = copy.Files(storage, "c", None, "name", volumes)
    await copy.write_archive(files, "/srv/data", once(tar_of(new=b"1")))
    assert (host / "data/new").read_bytes() == b"1"
    assert "etc/fixed/new" in await names(files, "/etc")
    assert (await copy.stat(files, "/etc/hosts")).size == 5
    with pytest.raises(PermissionDenied, match="mounted volume is marked read-only"):
        await copy.write_archive(files, "/etc/fixed", once(tar_of(new=b"1")))
    assert await storage.read_file("c", "/srv/data/new") is None


async def test_a_helper_process_does_what_an_old_kernel_cannot(storage: OverlayDriver, tmpfs: Path):
    (tmpfs / "shared").mkdir(exist_ok=True)
    (tmpfs / "shared/file").touch()
    root = _through_helper(await storage.mounts("c"), (Attachment(str(tmpfs / "shared"), "/etc/shared", readonly=True),))
    try:
        place = Path(f"/proc/self/fd/{root}")
        (place / "etc/written").write_text("x")
        assert os.listdir(place / "etc/shared") == ["file"]
        with pytest.raises(OSError, match="Read-only"):
            (place / "etc/shared/more").touch()
    finally:
        os.close(root)
    assert await storage.read_file("c", "/etc/written") == b"x"
