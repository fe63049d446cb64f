"""The contract every storage driver keeps.

Subclass `StorageDriverContract` in a test module and give it one fixture, `open_driver`: a function without arguments that opens the
driver, as an async context manager, on one data root; called again after leaving, on the same. Needs root.
"""

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from sdk.drivers.storage import Change, ChangeKind, SnapshotInfo, SnapshotKind, StorageDriver
from sdk.errors import Conflict, NoSuchSnapshot, SnapshotExists
from sdk.linux.detached import detached
from sdk.oci.digest import ChainID, digest_of
from sdk.storage.whiteouts import make_opaque, make_whiteout

OpenDriver = Callable[[], AbstractAsyncContextManager[StorageDriver]]
Fill = Callable[[Path], object]

_ABSENT = ChainID(digest_of(b"absent"))


def _nothing(_: Path) -> None:
    """A layer without content."""


async def _layer(driver: StorageDriver, text: str, parent: ChainID | None = None, fill: Fill = _nothing) -> ChainID:
    """Commit a layer whose ChainID is made from `text`."""
    name = ChainID(digest_of(text.encode()))
    fill(await driver.stage(text))
    await driver.commit(name, text, parent=parent)
    return name


@contextmanager
def _root(path_of: int) -> Iterator[Path]:
    """Name a root by its descriptor; it is gone after the block."""
    try:
        yield Path(f"/proc/self/fd/{path_of}")
    finally:
        os.close(path_of)


async def _mounted(driver: StorageDriver, key: str, *, readonly: bool = False) -> int:
    return await anyio.to_thread.run_sync(detached, await driver.mounts(key, readonly=readonly))


def _touch(name: str, layer: Path) -> None:
    (layer / name).touch()


def _base(layer: Path) -> None:
    """A layer with something to change, delete and hide."""
    (layer / "etc").mkdir()
    (layer / "etc/passwd").write_text("root:x:0:0")
    (layer / "etc/group").write_text("root:x:0")
    (layer / "opt/deep").mkdir(parents=True)
    (layer / "opt/deep/old").write_text("old")
    (layer / "link").symlink_to("/etc/passwd")


class StorageDriverContract:
    """Cases read as the specification of `sdk.drivers.storage.StorageDriver`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    async def driver(self, open_driver: OpenDriver) -> AsyncIterator[StorageDriver]:
        async with open_driver() as driver:
            yield driver

    pytestmark = pytest.mark.anyio

    # -- staging and committing ---------------------------------------------------------------------------------------

    async def test_stage_gives_an_empty_directory(self, driver: StorageDriver) -> None:
        assert list((await driver.stage("one")).iterdir()) == []

    async def test_stage_again_empties_the_directory(self, driver: StorageDriver) -> None:
        ((await driver.stage("one")) / "left").touch()
        assert list((await driver.stage("one")).iterdir()) == []

    async def test_commit_makes_a_snapshot_and_uses_the_key_up(self, driver: StorageDriver) -> None:
        name = await _layer(driver, "base")
        assert await driver.list() == [SnapshotInfo(name, SnapshotKind.COMMITTED, None)]

    async def test_commit_of_an_existing_name_drops_what_was_staged(self, driver: StorageDriver) -> None:
        name = await _layer(driver, "base", fill=lambda layer: (layer / "first").touch())
        assert await _layer(driver, "base", fill=lambda layer: (layer / "second").touch()) == name
        await driver.prepare("c", parent=name)
        assert await driver.read_file("c", "/first") == b""
        assert await driver.read_file("c", "/second") is None
        assert len(await driver.list()) == 2

    async def test_commit_of_an_unknown_key_raises_no_such_snapshot(self, driver: StorageDriver) -> None:
        with pytest.raises(NoSuchSnapshot):
            await driver.commit(_ABSENT, "nobody", parent=None)

    async def test_commit_on_an_unknown_parent_raises_no_such_snapshot(self, driver: StorageDriver) -> None:
        await driver.stage("one")
        with pytest.raises(NoSuchSnapshot):
            await driver.commit(ChainID(digest_of(b"one")), "one", parent=_ABSENT)

    async def test_layers_are_staged_at_once_and_chained_at_commit(self, driver: StorageDriver) -> None:
        for key in ("lower", "upper"):
            ((await driver.stage(key)) / key).write_text(key)
        lower, upper = ChainID(digest_of(b"l")), ChainID(digest_of(b"u"))
        await driver.commit(lower, "lower", parent=None)
        await driver.commit(upper, "upper", parent=lower)
        await driver.prepare("c", parent=upper)
        assert await driver.read_file("c", "lower") == b"lower"
        assert await driver.read_file("c", "upper") == b"upper"

    # -- preparing and mounting ---------------------------------------------------------------------------------------

    async def test_prepare_twice_with_one_key_raises_snapshot_exists(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=None)
        with pytest.raises(SnapshotExists):
            await driver.prepare("c", parent=None)

    async def test_prepare_on_an_unknown_parent_raises_no_such_snapshot(self, driver: StorageDriver) -> None:
        with pytest.raises(NoSuchSnapshot):
            await driver.prepare("c", parent=_ABSENT)
        assert await driver.list() == []

    async def test_many_may_be_prepared_at_once(self, driver: StorageDriver) -> None:
        base = await _layer(driver, "base", fill=_base)
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(lambda key: driver.prepare(key, parent=base), f"c{number}")
        assert len(await driver.list()) == 21

    async def test_mounts_of_an_unknown_key_raises_no_such_snapshot(self, driver: StorageDriver) -> None:
        with pytest.raises(NoSuchSnapshot):
            await driver.mounts("c")

    async def test_mounts_mounts_nothing(self, driver: StorageDriver) -> None:
        base = await _layer(driver, "base", fill=_base)
        for number in range(20):  # another process may mount something meanwhile
            before = Path("/proc/self/mountinfo").read_text()
            await driver.prepare(f"c{number}", parent=base)
            await driver.mounts(f"c{number}")
            if Path("/proc/self/mountinfo").read_text() == before:
                return
        pytest.fail("there are other mounts each time that prepare() and mounts() were called")

    async def test_a_root_without_a_parent_is_empty_and_writable(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=None)
        with _root(await _mounted(driver, "c")) as root:
            assert os.listdir(root) == []
            (root / "new").write_text("x")
        assert await driver.read_file("c", "/new") == b"x"

    async def test_upper_layers_replace_hide_and_clear_lower_ones(self, driver: StorageDriver) -> None:
        def change(layer: Path) -> None:
            (layer / "etc").mkdir()
            (layer / "etc/passwd").write_text("changed")
            make_whiteout(str(layer / "etc/group"))
            (layer / "opt").mkdir()
            (layer / "opt/new").touch()
            make_opaque(str(layer / "opt"))

        base = await _layer(driver, "base", fill=_base)
        await driver.prepare("c", parent=await _layer(driver, "change", base, change))
        with _root(await _mounted(driver, "c")) as root:
            assert (root / "etc/passwd").read_text() == "changed"
            assert sorted(os.listdir(root / "etc")) == ["passwd"]
            assert os.listdir(root / "opt") == ["new"]
            assert os.readlink(root / "link") == "/etc/passwd"

    async def test_a_file_may_replace_a_directory_and_the_reverse(self, driver: StorageDriver) -> None:
        def change(layer: Path) -> None:
            (layer / "opt").write_text("file")
            (layer / "link/in").mkdir(parents=True)

        base = await _layer(driver, "base", fill=_base)
        await driver.prepare("c", parent=await _layer(driver, "change", base, change))
        with _root(await _mounted(driver, "c")) as root:
            assert (root / "opt").read_text() == "file"
            assert (root / "link/in").is_dir()

    async def test_what_one_container_writes_no_other_sees(self, driver: StorageDriver) -> None:
        base = await _layer(driver, "base", fill=_base)
        await driver.prepare("one", parent=base)
        await driver.prepare("two", parent=base)
        with _root(await _mounted(driver, "one")) as root:
            (root / "etc/passwd").write_text("mine")
        assert await driver.read_file("one", "/etc/passwd") == b"mine"
        assert await driver.read_file("two", "/etc/passwd") == b"root:x:0:0"

    async def test_a_readonly_root_refuses_writes(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=await _layer(driver, "base", fill=_base))
        with _root(await _mounted(driver, "c")) as root:
            (root / "written").touch()
        with _root(await _mounted(driver, "c", readonly=True)) as root:
            assert (root / "written").exists()
            with pytest.raises(OSError, match="Read-only file system"):
                (root / "more").touch()

    async def test_a_stack_of_127_layers_can_be_mounted(self, driver: StorageDriver) -> None:
        top: ChainID | None = None
        for number in range(127):
            top = await _layer(driver, f"layer{number}", top, partial(_touch, f"file{number}"))
        await driver.prepare("c", parent=top)
        with _root(await _mounted(driver, "c")) as root:
            assert len(os.listdir(root)) == 127
            (root / "new").touch()

    async def test_everything_about_a_file_survives(self, driver: StorageDriver) -> None:
        def fill(layer: Path) -> None:
            for path in (layer / "file", layer / "hole"):
                path.write_bytes(b"x" * 100)
            os.truncate(layer / "hole", 64 << 20)
            os.link(layer / "file", layer / "hard")
            os.chown(layer / "file", 1000, 1001)
            os.chmod(layer / "file", 0o4751)
            os.setxattr(layer / "file", "trusted.note", b"kept")
            os.mkfifo(layer / "fifo", 0o640)
            os.mknod(layer / "null", stat.S_IFCHR, os.makedev(1, 3))
            os.chmod(layer / "null", 0o666)
            (layer / "directory").mkdir()
            os.chmod(layer / "directory", 0o1777)
            for name in ("file", "directory"):
                os.utime(layer / name, ns=(1, 1_500_000_000_123_456_789))

        base = await _layer(driver, "base", fill=fill)
        await driver.prepare("c", parent=await _layer(driver, "empty", base))
        with _root(await _mounted(driver, "c")) as root:
            file, hole, null = (os.lstat(root / name) for name in ("file", "hole", "null"))
            assert (file.st_uid, file.st_gid, file.st_mode) == (1000, 1001, stat.S_IFREG | 0o4751)
            assert file.st_ino == os.lstat(root / "hard").st_ino
            assert os.getxattr(root / "file", "trusted.note") == b"kept"
            assert (hole.st_size, hole.st_blocks < 1000) == (64 << 20, True)
            assert (null.st_mode, null.st_rdev) == (stat.S_IFCHR | 0o666, os.makedev(1, 3))
            assert stat.S_ISFIFO(os.lstat(root / "fifo").st_mode)
            for name in ("file", "directory"):
                assert os.lstat(root / name).st_mtime_ns == 1_500_000_000_123_456_789

    # -- reading without mounting -------------------------------------------------------------------------------------

    async def test_read_file_follows_symlinks_inside_the_snapshot_only(self, driver: StorageDriver) -> None:
        def fill(layer: Path) -> None:
            _base(layer)
            (layer / "up").symlink_to("../../../etc/passwd")
            (layer / "dir").symlink_to("opt/../etc")
            (layer / "loop").symlink_to("loop")
            (layer / "out").symlink_to("/proc/self/status")

        await driver.prepare("c", parent=await _layer(driver, "base", fill=fill))
        for path in ("/link", "up", "dir/passwd", "/../etc/passwd", "/opt/deep/../../link"):
            assert await driver.read_file("c", path) == b"root:x:0:0"
        for path in ("loop", "out", "missing", "etc", "", "etc/passwd/x"):
            assert await driver.read_file("c", path) is None

    async def test_read_file_sees_what_a_container_sees(self, driver: StorageDriver) -> None:
        def change(layer: Path) -> None:
            (layer / "etc").mkdir()
            make_whiteout(str(layer / "etc/group"))

        base = await _layer(driver, "base", fill=_base)
        await driver.prepare("c", parent=await _layer(driver, "change", base, change))
        assert await driver.read_file("c", "/etc/passwd") == b"root:x:0:0"
        assert await driver.read_file("c", "/etc/group") is None
        with _root(await _mounted(driver, "c")) as root:
            (root / "etc/group").write_text("again")
            (root / "etc/passwd").unlink()
        assert await driver.read_file("c", "/etc/passwd") is None
        assert await driver.read_file("c", "/etc/group") == b"again"

    async def test_read_file_returns_at_most_limit_bytes(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=await _layer(driver, "base", fill=_base))
        assert await driver.read_file("c", "/etc/passwd", limit=4) == b"root"

    # -- changes and usage --------------------------------------------------------------------------------------------

    async def test_an_untouched_container_has_no_changes(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=await _layer(driver, "base", fill=_base))
        with _root(await _mounted(driver, "c")) as root:
            (root / "etc/passwd").read_text()
        assert await driver.changes("c") == []

    async def test_changes_are_what_docker_diff_shows(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=await _layer(driver, "base", fill=_base))
        with _root(await _mounted(driver, "c")) as root:
            (root / "etc/passwd").write_text("changed")
            (root / "etc/group").unlink()
            (root / "new/inner").mkdir(parents=True)
            (root / "new/inner/\udcff").touch()
            os.chmod(root / "opt/deep/old", 0o600)
        assert await driver.changes("c") == [
            Change("/etc", ChangeKind.MODIFIED),
            Change("/etc/group", ChangeKind.DELETED),
            Change("/etc/passwd", ChangeKind.MODIFIED),
            Change("/new", ChangeKind.ADDED),
            Change("/new/inner", ChangeKind.ADDED),
            Change("/new/inner/\udcff", ChangeKind.ADDED),
            Change("/opt", ChangeKind.MODIFIED),
            Change("/opt/deep", ChangeKind.MODIFIED),
            Change("/opt/deep/old", ChangeKind.MODIFIED),
        ]

    async def test_a_directory_made_anew_lists_what_it_lost(self, driver: StorageDriver) -> None:
        await driver.prepare("c", parent=await _layer(driver, "base", fill=_base))
        with _root(await _mounted(driver, "c")) as root:
            (root / "opt/deep/old").unlink()
            (root / "opt/deep").rmdir()
            (root / "opt").rmdir()
            (root / "opt").mkdir()
            (root / "opt/fresh").touch()
        assert await driver.changes("c") == [
            Change("/opt", ChangeKind.MODIFIED),
            Change("/opt/deep", ChangeKind.DELETED),
            Change("/opt/fresh", ChangeKind.ADDED),
        ]

    async def test_usage_counts_hard_links_once(self, driver: StorageDriver) -> None:
        def fill(layer: Path) -> None:
            (layer / "file").write_bytes(b"x" * 1000)
            os.link(layer / "file", layer / "hard")
            (layer / "directory").mkdir()

        name = await _layer(driver, "base", fill=fill)
        usage = await driver.usage(name)
        assert (usage.size, usage.inodes) == (1000, 2)
        assert usage.disk == -1 or usage.allocated >= 1000

    async def test_usage_of_an_unknown_snapshot_raises_no_such_snapshot(self, driver: StorageDriver) -> None:
        with pytest.raises(NoSuchSnapshot):
            await driver.usage("nobody")

    # -- removing -----------------------------------------------------------------------------------------------------

    async def test_remove_frees_the_name_at_once_and_is_idempotent(self, driver: StorageDriver) -> None:
        base = await _layer(driver, "base", fill=_base)
        for _ in range(2):
            await driver.prepare("c", parent=base)
            await driver.remove("c")
            await driver.remove("c")
        await driver.stage("s")
        await driver.remove("s")
        await driver.remove(base)
        assert await driver.list() == []

    async def test_remove_of_a_snapshot_with_children_raises_conflict(self, driver: StorageDriver) -> None:
        base = await _layer(driver, "base")
        await driver.prepare("c", parent=base)
        with pytest.raises(Conflict):
            await driver.remove(base)
        await driver.remove("c")
        await driver.remove(base)

    # -- restarts -----------------------------------------------------------------------------------------------------

    async def test_snapshots_outlive_the_driver(self, open_driver: OpenDriver) -> None:
        async with open_driver() as driver:
            base = await _layer(driver, "base", fill=_base)
            await driver.prepare("c", parent=base)
            with _root(await _mounted(driver, "c")) as root:
                (root / "kept").write_text("kept")
        async with open_driver() as driver:
            found = sorted(await driver.list(), key=lambda info: info.kind)
            assert found == [SnapshotInfo("c", SnapshotKind.ACTIVE, base), SnapshotInfo(base, SnapshotKind.COMMITTED, None)]
            assert await driver.read_file("c", "/kept") == b"kept"
            with pytest.raises(Conflict):
                await driver.remove(base)

    async def test_a_failed_commit_leaves_nothing_half_made(self, driver: StorageDriver) -> None:
        await driver.stage("one")
        with pytest.raises(NoSuchSnapshot):
            await driver.commit(ChainID(digest_of(b"one")), "one", parent=_ABSENT)
        assert {info.kind for info in await driver.list()} <= {SnapshotKind.STAGED}
