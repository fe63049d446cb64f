"""What becomes of an archive that a worker unpacks, and of the worker."""

import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from core.archives.extract import Unpacked, extract
from core.archives.untar import Policy
from sdk.errors import DataLoss, EngineError, InvalidArgument
from sdk.testing.images import make_tar

pytestmark = [pytest.mark.anyio, pytest.mark.privileged]


def tar(*names: str, content: bytes = b"content") -> bytes:
    return make_tar(dict.fromkeys(names, content))


async def stream(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def unpacked(source: int | AsyncIterator[bytes], root: Path, policy: Policy | None = None) -> Unpacked:
    (root / "inside").mkdir(exist_ok=True)
    with opened(root) as top, opened(root / "inside") as directory:
        return await extract(source, policy or Policy(), root=top, directory=directory)


async def test_a_stream_goes_into_the_directory_and_its_digest_is_of_the_plain_tar(tmp_path: Path) -> None:
    plain = tar("a", "../../b")
    seen = await unpacked(stream(gzip.compress(plain)), tmp_path, Policy(layer=True))
    assert seen == Unpacked(f"sha256:{hashlib.sha256(plain).hexdigest()}", 14, len(plain))
    assert sorted(path.name for path in (tmp_path / "inside").iterdir()) == ["a", "b"]
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


async def test_a_file_is_read_from_its_descriptor(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(tar("a"))
    with opened(tmp_path / "archive") as source:
        assert (await unpacked(source, tmp_path)).size == 7


@pytest.mark.parametrize(
    ("archive", "policy", "error", "words"),
    [
        (b"not an archive" * 100, Policy(), DataLoss, "failed to unpack: invalid tar header: not a number"),
        (gzip.compress(tar("a"))[:-40], Policy(), DataLoss, "failed to unpack: unexpected EOF"),
        (tar("x" * 256), Policy(shown_directory="/data"), DataLoss, f"failed to unpack: /data/{'x' * 256}: file name too long"),
        (tar("dir"), Policy(keep_kinds=True), InvalidArgument, 'cannot overwrite directory "/dir" with non-directory "/"'),
    ],
    ids=("no tar", "cut off", "name", "kind"),
)
async def test_what_cannot_be_unpacked(
    tmp_path: Path, archive: bytes, policy: Policy, error: type[EngineError], words: str
) -> None:
    (tmp_path / "inside/dir").mkdir(parents=True)
    with pytest.raises(error) as raised:
        await unpacked(stream(archive), tmp_path, policy)
    assert str(raised.value) == words


async def test_a_source_that_fails_leaves_no_process(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield tar("a")[:600]
        raise InvalidArgument("the client is gone")

    before = _children()
    with pytest.raises(InvalidArgument, match="the client is gone"):
        await unpacked(broken(), tmp_path)
    assert _children() <= before, "another test's may end meanwhile"


async def test_a_client_that_waits_for_ever_is_cancelled_with_its_process(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield tar("a")[:600]
        await anyio.sleep_forever()

    before = _children()
    with anyio.move_on_after(0.05) as scope:
        await unpacked(endless(), tmp_path)
    assert scope.cancelled_caught
    assert _children() <= before, "another test's may end meanwhile"


def _children() -> set[str]:
    """Return the numbers of this process' children, those that it has not waited for too."""
    return set(" ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split())
