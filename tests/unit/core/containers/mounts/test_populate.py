import os
import stat
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.containers.mounts.populate import populate
from core.containers.mounts.record import MountRecord
from sdk.errors import ResourceExhausted

pytestmark = pytest.mark.anyio


class World:
    """An image's root, and volumes as directories."""

    def __init__(self, path: Path) -> None:
        self.root = path / "root"
        self.volumes = path / "volumes"
        self.opened_roots = 0
        self.untouched = True
        self.copying: list[tuple[str, str]] = []
        for directory in (self.root, self.volumes):
            directory.mkdir()

    def volume(self, name: str) -> Path:
        (self.volumes / name).mkdir(exist_ok=True)
        return self.volumes / name

    @asynccontextmanager
    async def opened(self, name: str, user: str) -> AsyncIterator[Path]:
        yield self.volume(name)

    @asynccontextmanager
    async def open_root(self) -> AsyncIterator[int]:
        self.opened_roots += 1
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    async def populate(self, *records: MountRecord) -> None:
        await populate(records, "c1", self, self.open_root, lambda _name, _since: self.untouched)

    def begin_copy(self, name: str, subpath: str, since_ns: int) -> None:
        self.copying.append((name, subpath))

    def end_copy(self, name: str, subpath: str) -> None:
        if (name, subpath) in self.copying:
            self.copying.remove((name, subpath))


def mount(name: str, destination: str, **rest) -> MountRecord:
    return MountRecord(type="volume", source="", destination=destination, name=name, copy_up=True, **rest)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def fill(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "file").write_bytes(b"x" * 100_000)
    os.chmod(directory / "file", 0o4751)
    os.setxattr(directory / "file", "user.note", b"kept")
    os.link(directory / "file", directory / "hard")
    os.symlink("/etc/passwd", directory / "link")
    os.mkfifo(directory / "pipe", 0o640)
    (directory / "sub").mkdir(mode=0o700)
    (directory / "sub/inner").write_text("inner")
    os.link(directory / "file", directory / "sub/hard")
    os.utime(directory / "sub", ns=(1, 10**18))
    os.utime(directory / "file", ns=(1, 10**18 + 123))


async def test_everything_about_the_files_is_kept(world: World):
    fill(world.root / "data")
    os.chmod(world.root / "data", 0o2770)
    await world.populate(mount("v", "/data"))
    made = world.volume("v")
    assert stat.S_IMODE(made.stat().st_mode) == 0o2770
    info = (made / "file").stat()
    assert (info.st_size, stat.S_IMODE(info.st_mode), info.st_mtime_ns, info.st_nlink) == (100_000, 0o4751, 10**18 + 123, 3)
    assert info.st_ino == (made / "hard").stat().st_ino == (made / "sub/hard").stat().st_ino
    assert os.getxattr(made / "file", "user.note") == b"kept"
    assert os.readlink(made / "link") == "/etc/passwd"
    assert stat.S_ISFIFO((made / "pipe").stat().st_mode)
    assert stat.S_IMODE((made / "pipe").stat().st_mode) == 0o640
    assert (made / "sub").stat().st_mtime_ns == 10**18
    assert (made / "sub/inner").read_text() == "inner"


@pytest.mark.privileged
async def test_owners_and_devices_are_kept(world: World):
    fill(world.root / "data")
    os.mknod(world.root / "data/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    for name in ("", "file", "link", "null"):
        os.chown(world.root / "data" / name, 1000, 2000, follow_symlinks=False)
    os.chmod(world.root / "data/file", 0o4751)
    await world.populate(mount("v", "/data"))
    made = world.volume("v")
    for name in ("", "file", "link", "null"):
        info = os.lstat(made / name)
        assert (info.st_uid, info.st_gid) == (1000, 2000)
    assert stat.S_IMODE((made / "file").stat().st_mode) == 0o4751
    assert (made / "null").stat().st_rdev == os.makedev(1, 3)


async def test_a_volume_with_content_stays_as_it_is_and_no_root_is_opened(world: World):
    fill(world.root / "data")
    (world.volume("v") / "mine").touch()
    await world.populate(mount("v", "/data"))
    assert os.listdir(world.volume("v")) == ["mine"]
    assert world.opened_roots == 0


async def test_nocopy_binds_and_tmpfs_are_left_alone(world: World):
    fill(world.root / "data")
    await world.populate(
        MountRecord(type="volume", source="", destination="/data", name="v"),
        MountRecord(type="tmpfs", source="", destination="/data"),
        mount("v", "/data", subpath="sub"),
    )
    assert world.opened_roots == 0


async def test_what_the_image_does_not_have_is_not_copied(world: World):
    (world.root / "file").touch()
    await world.populate(mount("v", "/none"), mount("w", "/file"), mount("x", "/file/below"))
    assert [os.listdir(world.volume(name)) for name in "vwx"] == [[], [], []]


async def test_symlinks_in_the_image_lead_nowhere_outside(world: World, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").touch()
    os.symlink(secret, world.root / "evil")
    os.symlink("../../../../../../../.." + str(secret), world.root / "worse")
    (world.root / "real").mkdir()
    (world.root / "real/ok").touch()
    os.symlink("/real", world.root / "good")
    await world.populate(mount("a", "/evil"), mount("b", "/worse"), mount("c", "/good"))
    assert [os.listdir(world.volume(name)) for name in "abc"] == [[], [], ["ok"]]


async def test_one_volume_at_two_places_takes_the_first(world: World):
    fill(world.root / "data")
    (world.root / "other").mkdir()
    (world.root / "other/file").write_text("other")
    await world.populate(mount("v", "/data"), mount("v", "/other"))
    assert (world.volume("v") / "file").stat().st_size == 100_000


async def test_a_subpath_is_filled_if_it_is_empty(world: World):
    fill(world.root / "data")
    for name in ("empty", "full"):
        (world.volume("v") / name).mkdir()
    (world.volume("v") / "full/mine").touch()
    os.symlink("/", world.volume("v") / "out")
    await world.populate(*(mount("v", "/data", subpath=name) for name in ("empty", "full", "none", "out")))
    assert sorted(os.listdir(world.volume("v"))) == ["empty", "full", "out"]
    assert (world.volume("v") / "empty/file").stat().st_size == 100_000
    assert os.listdir(world.volume("v") / "full") == ["mine"]


@pytest.mark.privileged
@pytest.mark.parametrize("untouched", [True, False])
async def test_a_full_disk_leaves_a_volume_empty_unless_others_may_have_written(world: World, untouched: bool):
    """A file system of 256 KiB holds some of the files, and not all."""
    (world.root / "data").mkdir()
    for number in range(8):
        (world.root / f"data/{number}").write_bytes(b"x" * 64_000)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", world.volume("v")], check=True)
    try:
        world.untouched = untouched
        with pytest.raises(ResourceExhausted, match="no space left on device"):
            await world.populate(mount("v", "/data"))
        assert (os.listdir(world.volume("v")) == []) is untouched
        assert world.copying == []
    finally:
        subprocess.run(["umount", world.volume("v")], check=True)
    await world.populate(mount("w", "/data"))
    assert len(os.listdir(world.volume("w"))) == 8
