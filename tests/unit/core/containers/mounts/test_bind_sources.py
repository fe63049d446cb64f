"""Sources of bind mounts: they exist, or are made where that is wanted."""

from pathlib import Path

import anyio
import pytest

from core.containers.mounts.bind_sources import check_sources, make_sources
from core.containers.mounts.record import MountRecord
from sdk.errors import InvalidArgument

pytestmark = pytest.mark.anyio


def bind(source: Path, *, create: bool = False, kind: str = "bind") -> MountRecord:
    return MountRecord(type=kind, source=str(source), destination="/x", create_source=create)


async def test_what_exists_is_fine_and_what_is_no_bind_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    there = [bind(tmp_path), bind(tmp_path / "file"), bind(tmp_path / "missing", kind="volume")]
    await check_sources(there)
    await make_sources(there)
    await check_sources([])
    await make_sources([bind(tmp_path / "missing", kind="tmpfs", create=True)])
    assert not (tmp_path / "missing").exists()


async def test_what_is_missing_is_refused_unless_it_is_to_be_made(tmp_path: Path) -> None:
    message = f'invalid mount config for type "bind": bind source path does not exist: {tmp_path}/missing'
    for work in (check_sources, make_sources):
        with pytest.raises(InvalidArgument) as refused:
            await work([bind(tmp_path), bind(tmp_path / "missing")])
        assert refused.value.message == message
    await check_sources([bind(tmp_path / "missing", create=True)])
    assert not (tmp_path / "missing").exists(), "checking makes nothing"
    await make_sources([bind(tmp_path / "missing/deep", create=True)])
    assert (tmp_path / "missing/deep").is_dir()


async def test_what_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name, culprit, reason in (
        ("file/deep", "file/deep", "not a directory"),
        ("link", "link", "file exists"),
        ("n" * 256, "n" * 256, "file name too long"),
    ):
        with pytest.raises(InvalidArgument) as refused:
            await make_sources([bind(tmp_path / name, create=True)])
        source = tmp_path / name
        assert refused.value.message == f"error while creating mount source path '{source}': mkdir {tmp_path / culprit}: {reason}"


async def test_containers_that_start_at_once_share_a_source_that_none_of_them_had(tmp_path: Path) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(60):
            for _ in range(4):
                tasks.start_soon(make_sources, [bind(tmp_path / str(number) / "a/b/c", create=True)])
    assert len(list(tmp_path.glob("*/a/b/c"))) == 60
