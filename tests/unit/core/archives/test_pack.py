"""Archives that a worker makes of what is below a root."""

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.archives.pack import Archive, pack_changes, pack_tree
from sdk.errors import Unavailable

pytestmark = [pytest.mark.anyio, pytest.mark.privileged]


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def names(archive: Archive) -> list[str]:
    content = b"".join([chunk async for chunk in archive])
    with tarfile.open(fileobj=io.BytesIO(content)) as members:
        return members.getnames()


async def test_links_lead_no_further_than_the_root(tmp_path: Path) -> None:
    (tmp_path / "root/dir").mkdir(parents=True)
    (tmp_path / "root/dir/file").touch()
    (tmp_path / "secret").touch()
    (tmp_path / "root/out").symlink_to(tmp_path)
    with opened(tmp_path / "root") as root:
        assert await names(pack_tree(root, root, "dir", "as")) == ["as", "as/file"]
        assert await names(pack_tree(root, root, "out/secret", "as")) == []
        assert await names(pack_tree(root, root, "../secret", "as")) == []


async def test_changes_and_removals(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/kept").touch()
    (tmp_path / "dir/not asked for").touch()
    with opened(tmp_path) as root:
        assert await names(pack_changes(root, ["/dir", "/dir/kept"], ["/dir/gone"])) == ["dir", "dir/kept", "dir/.wh.gone"]
        assert await names(pack_changes(root, [], [])) == []


async def test_a_failure_is_told_in_the_kernels_words(tmp_path: Path) -> None:
    with opened(tmp_path) as root, pytest.raises(Unavailable) as raised:
        await names(pack_tree(root, root, "x" * 300, "as"))
    assert str(raised.value) == f"packing failed: {'x' * 300}: file name too long"
