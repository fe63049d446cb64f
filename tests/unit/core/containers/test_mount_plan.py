import os
from pathlib import Path

import pytest

from core.containers.mount_plan import mount_plan, release_mounts, root_propagation
from core.containers.mount_record import MountRecord
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Mount

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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
def volumes(tmp_path: Path) -> Volumes:
    return Volumes(tmp_path)


async def test_no_records_no_mounts():
    assert await mount_plan((), "c", None) == ()  # type: ignore[arg-type]


async def test_parents_come_before_children(tmp_path: Path, volumes: Volumes):
    records = [
        MountRecord(type="bind", source=str(tmp_path), destination="/a/b/c", writable=False, propagation="rslave"),
        MountRecord(type="volume", source="", destination="/a", name="v"),
        MountRecord(type="tmpfs", source="", destination="/a/b", options=("noexec", "size=1")),
    ]
    assert await mount_plan(records, "c", volumes) == (
        Mount("/a", "bind", str(tmp_path / "v"), ("rbind", "rw", "rprivate")),
        Mount("/a/b", "tmpfs", "tmpfs", ("noexec", "size=1", "rprivate")),
        Mount("/a/b/c", "bind", str(tmp_path), ("rbind", "rro", "rslave")),
    )
    assert volumes.mounted == {"v"}
    await release_mounts(records, "c", volumes)
    assert volumes.mounted == set()


async def test_a_missing_source_of_a_bind_is_made(tmp_path: Path, volumes: Volumes):
    source = tmp_path / "new/deep"
    await mount_plan([MountRecord(type="bind", source=str(source), destination="/x", create_source=True)], "c", volumes)
    assert source.is_dir()


async def test_a_missing_source_of_a_mount_is_an_error(tmp_path: Path, volumes: Volumes):
    with pytest.raises(InvalidArgument, match=f"bind source path does not exist: {tmp_path}/gone"):
        await mount_plan([MountRecord(type="bind", source=f"{tmp_path}/gone", destination="/x")], "c", volumes)


async def test_a_source_that_cannot_be_made_is_an_error(tmp_path: Path, volumes: Volumes):
    (tmp_path / "file").touch()
    os.symlink("nowhere", tmp_path / "dangling")
    for source, reason in ((tmp_path / "file/below", "not a directory"), (tmp_path / "dangling", "file exists")):
        with pytest.raises(InvalidArgument, match=f"error while creating mount source path '{source}': mkdir .*: {reason}"):
            await mount_plan([MountRecord(type="bind", source=str(source), destination="/x", create_source=True)], "c", volumes)


async def test_tmpfs_wins_over_what_is_inherited(volumes: Volumes):
    records = [
        MountRecord(type="volume", source="", destination="/x", name="v"),
        MountRecord(type="tmpfs", source="", destination="/x", shown=False),
    ]
    (only,) = await mount_plan(records, "c", volumes)
    assert only.type == "tmpfs"
    (only,) = await mount_plan(records[::-1], "c", volumes)
    assert only.type == "tmpfs"


async def test_non_recursive_and_force_recursive(tmp_path: Path, volumes: Volumes):
    flat = MountRecord(type="bind", source=str(tmp_path), destination="/x", recursive=False)
    shallow = MountRecord(type="bind", source=str(tmp_path), destination="/y", writable=False, recursive_readonly=False)
    assert [m.options[:2] for m in await mount_plan([flat, shallow], "c", volumes)] == [("bind", "rw"), ("rbind", "ro")]


async def test_a_subpath_cannot_leave_its_volume(tmp_path: Path, volumes: Volumes):
    (tmp_path / "v/in").mkdir(parents=True)
    (tmp_path / "v/etc").mkdir()
    os.symlink("/etc", tmp_path / "v/out")
    plan = await mount_plan(
        [
            MountRecord(type="volume", source="", destination="/x", name="v", subpath="in"),
            MountRecord(type="volume", source="", destination="/y", name="v", subpath="out"),
        ],
        "c",
        volumes,
    )
    assert [m.source for m in plan] == [f"{tmp_path}/v/in", f"{tmp_path}/v/etc"]
    with pytest.raises(InvalidArgument, match="error while mounting volume with subpath: cannot access path"):
        await mount_plan([MountRecord(type="volume", source="", destination="/x", name="v", subpath="none")], "c", volumes)


def test_root_propagation():
    assert root_propagation([]) == ""
    assert root_propagation([MountRecord(type="bind", source="/", destination="/x", propagation="rprivate")]) == ""
    slave = MountRecord(type="bind", source="/", destination="/x", propagation="rslave")
    assert root_propagation([slave]) == "rslave"
    assert root_propagation([slave, MountRecord(type="bind", source="/", destination="/y", propagation="rshared")]) == "shared"
