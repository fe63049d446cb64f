"""Blobs that clients upload, and how long they are kept without a manifest."""

import hashlib
from pathlib import Path

import pytest

from core.images.content import uploads as uploads_module
from core.images.content.store import ContentStore
from core.images.content.uploads import BlobUpload, FreshBlobs
from sdk.errors import InvalidArgument
from sdk.oci.digest import digest_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def content(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [1000.0]
    monkeypatch.setattr(uploads_module, "monotonic", lambda: time[0])
    return time


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("pieces", [[], [b"x"], [b"a" * (1 << 20), b"b" * 5, b"", b"c" * (3 << 20)]])
async def test_what_was_uploaded_is_a_blob(content: ContentStore, pieces: list[bytes], algorithm: str) -> None:
    upload, whole = BlobUpload(content, FreshBlobs(content)), b"".join(pieces)
    for piece in pieces:
        await upload.write(piece)
    assert upload.size == len(whole)
    digest = f"{algorithm}:{hashlib.new(algorithm, whole).hexdigest()}"
    await upload.commit(digest)
    assert content.path(digest).read_bytes() == whole
    assert list((content.directory / "ingest").iterdir()) == []
    assert digest in content.pins.held


@pytest.mark.parametrize("digest", [digest_of(b"other"), digest_of(b"other", "sha512:"), "md5:0"])
async def test_what_is_not_what_its_digest_says_is_thrown_away(content: ContentStore, digest: str) -> None:
    upload = BlobUpload(content, FreshBlobs(content))
    await upload.write(b"content")
    with pytest.raises(InvalidArgument):
        await upload.commit(digest)
    await upload.discard()
    assert content.digests() == frozenset()
    assert list((content.directory / "ingest").iterdir()) == []
    assert content.pins.held == frozenset()


async def test_a_blob_that_is_there_stays(content: ContentStore) -> None:
    digest = await content.put(b"content")
    before = content.path(digest).stat().st_ino
    upload = BlobUpload(content, FreshBlobs(content))
    await upload.write(b"content")
    await upload.commit(digest)
    assert content.path(digest).stat().st_ino == before


def test_a_fresh_blob_is_held_for_an_hour_from_the_last_time(content: ContentStore, clock: list[float]) -> None:
    fresh = FreshBlobs(content)
    fresh.keep("a")
    clock[0] += 3000
    fresh.keep("a")
    clock[0] += 3000
    fresh.keep("b")
    assert content.pins.held == {"a", "b"}
    clock[0] += 601
    fresh.keep("c")
    assert content.pins.held == {"b", "c"}
    fresh.release("b")
    fresh.release("b")
    assert content.pins.held == {"c"}
    clock[0] += 3601
    fresh.keep("c")
    assert content.pins.held == {"c"}


def test_a_blob_that_another_held_when_it_came_is_held_as_long(content: ContentStore, clock: list[float]) -> None:
    """A pull of the same blob, or a second upload, ends before the client sends its manifest; a collection must not take the blob then."""
    fresh = FreshBlobs(content)
    with content.pins.hold(["a"]):
        fresh.keep("a")
    assert content.pins.held == {"a"}
