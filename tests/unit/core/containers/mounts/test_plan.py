import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from core.containers.mounts.plan import mount_plan, release_mounts, root_propagation
from core.containers.mounts.record import MountRecord
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Mount
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.anyio


class Volumes:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.mounted: set[str] = set()

    async def mount(self, record, container_id: str) -> Path:
        self.mounted.add(record.name)
        return self.root / record.name

    async def unmount(self, record, container_id: str) -> None:
        self.mounted.discard(record.name)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    return Volumes(tmp_path)


async def test_no_records_no_mounts(held: ExitStack):
    assert await mount_plan((), "c", None, held) == ()


async def test_parents_come_before_children(tmp_path: Path, volumes: Volumes, held: ExitStack):
    records = [
        MountRecord(type="bind", source=str(tmp_path), destination="/a/b/c", writable=False, propagation="rslave"),
        MountRecord(type="volume", source="", destination="/a", name="v"),
        MountRecord(type="tmpfs", source="", destination="/a/b", options=("noexec", "size=1")),
    ]
    assert await mount_plan(records, "c", volumes, held) == (
        Mount("/a", "bind", str(tmp_path / "v"), ("rbind", "rw", "rprivate")),
        Mount("/a/b", "tmpfs", "tmpfs", ("noexec", "size=1", "rprivate")),
        Mount("/a/b/c", "bind", str(tmp_path), ("rbind", "rro", "rslave")),
    )
    assert volumes.mounted == {"v"}
    await release_mounts(records, "c", volumes)
    assert volumes.mounted == set()


async def test_a_missing_source_of_a_bind_is_made(tmp_path: Path, volumes: Volumes, held: ExitStack):
    source = tmp_path / "new/deep"
    await mount_plan([MountRecord(type="bind", source=str(source), destination="/x", create_source=True)], "c", volumes, held)
    assert source.is_dir()


async def test_a_missing_source_of_a_mount_is_an_error(tmp_path: Path, volumes: Volumes, held: ExitStack):
    with pytest.raises(InvalidArgument, match=f"bind source path does not exist: {tmp_path}/gone"):
        await mount_plan([MountRecord(type="bind", source=f"{tmp_path}/gone", destination="/x")], "c", volumes, held)


async def test_a_source_that_cannot_be_made_is_an_error(tmp_path: Path, volumes: Volumes, held: ExitStack):
    (tmp_path / "file").touch()
    os.symlink("nowhere", tmp_path / "dangling")
    for source, reason in ((tmp_path / "file/below", "not a directory"), (tmp_path / "dangling", "file exists")):
        with pytest.raises(InvalidArgument, match=f"error while creating mount source path '{source}': mkdir .*: {reason}"):
            await mount_plan(
                [MountRecord(type="bind", source=str(source), destination="/x", create_source=True)], "c", volumes, held
            )


async def test_tmpfs_wins_over_what_is_inherited(volumes: Volumes, held: ExitStack):
    records = [
        MountRecord(type="volume", source="", destination="/x", name="v"),
        MountRecord(type="tmpfs", source="", destination="/x", shown=False),
    ]
    (only,) = await mount_plan(records, "c", volumes, held)
    assert only.type == "tmpfs"
    (only,) = await mount_plan(records[::-1], "c", volumes, held)
    assert only.type == "tmpfs"


async def test_non_recursive_and_force_recursive(tmp_path: Path, volumes: Volumes, held: ExitStack):
    flat = MountRecord(type="bind", source=str(tmp_path), destination="/x", recursive=False)
    shallow = MountRecord(type="bind", source=str(tmp_path), destination="/y", writable=False, recursive_readonly=False)
    assert [m.options[:2] for m in await mount_plan([flat, shallow], "c", volumes, held)] == [("bind", "rw"), ("rbind", "ro")]


def subpath(name: str, destination: str = "/x") -> MountRecord:
    return MountRecord(type="volume", source="", destination=destination, name="v", subpath=name)


async def test_a_subpath_stays_what_it_was_when_it_was_found(tmp_path: Path, volumes: Volumes, held: ExitStack):
    (tmp_path / "v/in").mkdir(parents=True)
    (tmp_path / "v/in/file").write_text("inside")
    os.symlink("in", tmp_path / "v/link")
    plan = await mount_plan([subpath("in"), subpath("link", "/y")], "c", volumes, held)
    (tmp_path / "v/in").rename(tmp_path / "v/moved")
    os.symlink("/etc", tmp_path / "v/in")
    assert [(Path(m.source) / "file").read_text() for m in plan] == ["inside", "inside"]
    before = len(open_descriptors())
    held.close()
    assert len(open_descriptors()) == before - 2


async def test_a_subpath_cannot_leave_its_volume(tmp_path: Path, volumes: Volumes, held: ExitStack):
    (tmp_path / "v/etc/deep").mkdir(parents=True)
    links = {"out": "/etc", "up": "../etc", "far": "etc/deep/../../../v", "root": "/", "chain": "out"}
    for name, target in links.items():
        os.symlink(target, tmp_path / "v" / name)
    for name in (*links, "out/passwd", "up/../etc"):
        with pytest.raises(
            InvalidArgument,
            match=f"with subpath: path concatenation escapes the base directory, base: {tmp_path}/v, subpath: {name}$",
        ):
            await mount_plan([subpath(name)], "c", volumes, held)


async def test_a_subpath_that_is_not_there(tmp_path: Path, volumes: Volumes, held: ExitStack):
    (tmp_path / "v").mkdir()
    os.symlink("/proc/self/root", tmp_path / "v/magic")
    (tmp_path / "v/file").touch()
    for name, reason in {"none": "no such file or directory", "file/x": "not a directory"}.items():
        with pytest.raises(InvalidArgument, match=f"with subpath: cannot access path {tmp_path}/v/{name}: {reason}"):
            await mount_plan([subpath(name)], "c", volumes, held)


def test_root_propagation():
    assert root_propagation([]) == ""
    assert root_propagation([MountRecord(type="bind", source="/", destination="/x", propagation="rprivate")]) == ""
    slave = MountRecord(type="bind", source="/", destination="/x", propagation="rslave")
    assert root_propagation([slave]) == "rslave"
    assert root_propagation([slave, MountRecord(type="bind", source="/", destination="/y", propagation="rshared")]) == "shared"
