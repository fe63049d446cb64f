import ctypes
import logging
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from plugins.volume_local.driver import LocalVolumeDriver, open_driver
from plugins.volume_local.settings import LocalVolumeSettings
from plugins.volume_local.uses import is_mounted
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchVolume
from sdk.providers import PluginContext

pytestmark = pytest.mark.anyio
CLONE_NEWNS = 0x20000


class NoEvents:
    def publish(self, event) -> None:
        raise AssertionError


@asynccontextmanager
async def opened(path: Path):
    for name in ("data", "exec"):
        (path / name).mkdir(exist_ok=True)
    context = PluginContext("volume_local", path / "data", path / "exec", "t", NoEvents(), logging.getLogger("test"))
    async with open_driver(context, LocalVolumeSettings()) as driver:
        assert isinstance(driver, LocalVolumeDriver)
        yield driver


async def test_a_volume_outlives_the_driver(tmp_path: Path):
    async with opened(tmp_path) as driver:
        made = await driver.create("data", {})
        assert made.mountpoint == tmp_path / "data/data/_data"
        (made.mountpoint / "file").write_text("kept")
    async with opened(tmp_path) as driver:
        assert await driver.get("data") == made
        assert [volume.name for volume in await driver.list()] == ["data"]
        assert await driver.mount("data", "c1") == made.mountpoint
        assert await driver.size("data") == made.mountpoint.stat().st_blocks * 512 + 4096
        assert (made.mountpoint / "file").read_text() == "kept"


async def test_create_is_idempotent_and_conflicts_on_other_options(tmp_path: Path):
    async with opened(tmp_path) as driver:
        first = await driver.create("data", {})
        assert await driver.create("data", {}) == first
        with pytest.raises(Conflict):
            await driver.create("data", {"type": "tmpfs", "device": "tmpfs"})


async def test_remove_is_idempotent_and_takes_the_data(tmp_path: Path):
    async with opened(tmp_path) as driver:
        made = await driver.create("data", {})
        (made.mountpoint / "deep").mkdir()
        await driver.remove("data")
        await driver.remove("data")
        assert os.listdir(tmp_path / "data") == []
        with pytest.raises(NoSuchVolume, match="get data: no such volume"):
            await driver.get("data")


async def test_what_a_crash_left_is_swept(tmp_path: Path):
    (tmp_path / "data/.new-1/_data").mkdir(parents=True)
    (tmp_path / "data/.gone-2/_data/full").mkdir(parents=True)
    async with opened(tmp_path) as driver:
        assert await driver.list() == ()
    assert os.listdir(tmp_path / "data") == []


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "-x", "name with space", ""])
async def test_names_that_are_no_directory_of_ours(tmp_path: Path, name: str):
    async with opened(tmp_path) as driver:
        with pytest.raises(InvalidArgument, match="includes invalid characters for a local volume name"):
            await driver.create(name, {})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "red"}, 'invalid option: "color"'),
        ({"type": "nfs"}, 'missing required option: "device"'),
        ({"device": "/dev/x"}, 'missing required option: "type"'),
        ({"o": "ro"}, 'missing required option: "device"'),
        ({"size": "1g"}, "quota size requested but no quota support"),
    ],
)
async def test_options_are_checked(tmp_path: Path, options: dict[str, str], sentence: str):
    async with opened(tmp_path) as driver:
        with pytest.raises(InvalidArgument) as raised:
            await driver.create("data", options)
        assert raised.value.message == sentence
        assert await driver.list() == ()


async def test_too_short_a_name(tmp_path: Path):
    async with opened(tmp_path) as driver:
        with pytest.raises(InvalidArgument, match="volume name is too short"):
            await driver.create("x", {})


@pytest.fixture
def own_mounts():
    """Run in a child with a mount namespace of its own; the test's body is the child's."""

    def run(body) -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                libc = ctypes.CDLL(None, use_errno=True)
                assert libc.unshare(CLONE_NEWNS) == 0
                assert libc.mount(b"none", b"/", None, ctypes.c_ulong(0x44000), None) == 0
                anyio.run(body)
                status = 0
            finally:
                sys.excepthook(*sys.exc_info()) if status else None
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    return run


@pytest.mark.privileged
def test_a_tmpfs_volume_is_mounted_while_somebody_uses_it(tmp_path: Path, own_mounts):
    async def body() -> None:
        async with opened(tmp_path) as driver:
            made = await driver.create("fast", {"type": "tmpfs", "device": "tmpfs", "o": "uid=1000,mode=700", "size": "1m"})
            assert not is_mounted(str(made.mountpoint))
            await driver.mount("fast", "c1")
            await driver.mount("fast", "c1")
            await driver.mount("fast", "c2")
            info = os.stat(made.mountpoint)
            assert (info.st_uid, info.st_mode & 0o777) == (1000, 0o700)
            assert os.statvfs(made.mountpoint).f_blocks * os.statvfs(made.mountpoint).f_frsize == 1 << 20
            await driver.unmount("fast", "c1")
            assert is_mounted(str(made.mountpoint))
            await driver.unmount("fast", "c2")
            await driver.unmount("fast", "c2")
            assert not is_mounted(str(made.mountpoint))

    own_mounts(body)


@pytest.mark.privileged
def test_a_bind_volume_shows_another_directory_and_can_be_read_only(tmp_path: Path, own_mounts):
    async def body() -> None:
        source = tmp_path / "elsewhere"
        source.mkdir()
        (source / "file").write_text("there")
        async with opened(tmp_path) as driver:
            await driver.create("bound", {"type": "none", "device": str(source), "o": "bind,ro"})
            directory = await driver.mount("bound", "c1")
            assert (directory / "file").read_text() == "there"
            with pytest.raises(OSError, match="Read-only file system"):
                (directory / "new").touch()
            await driver.unmount("bound", "c1")
            await driver.remove("bound")
        assert (source / "file").exists()

    own_mounts(body)


@pytest.mark.privileged
def test_mounts_survive_a_restart_if_and_only_if_used(tmp_path: Path, own_mounts):
    async def body() -> None:
        options = {"type": "tmpfs", "device": "tmpfs"}
        async with opened(tmp_path) as driver:
            await driver.create("used", options)
            await driver.create("stray", options)
            used = await driver.mount("used", "c1")
            stray = await driver.mount("stray", "c2")
            (tmp_path / "exec/stray/c2").unlink()  # as if the daemon had died between the note and the unmount
        async with opened(tmp_path) as driver:
            assert is_mounted(str(used))
            assert not is_mounted(str(stray))
            await driver.unmount("used", "c1")
            assert not is_mounted(str(used))
        assert os.listdir(tmp_path / "exec") in ([], ["stray"])

    own_mounts(body)


@pytest.mark.privileged
def test_a_mount_that_fails_leaves_no_user(tmp_path: Path, own_mounts):
    async def body() -> None:
        async with opened(tmp_path) as driver:
            await driver.create("bad", {"type": "none", "device": "/nowhere/at/all", "o": "bind"})
            with pytest.raises(
                EngineError, match=r"failed to mount local volume: mount /nowhere/at/all:.*: no such file or directory"
            ):
                await driver.mount("bad", "c1")
            assert os.listdir(tmp_path / "exec") == []

    own_mounts(body)
