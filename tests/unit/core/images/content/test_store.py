import os
from pathlib import Path

import anyio
import pytest

from core.images.content.store import ContentStore
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.digest import digest_of, hex_of
from sdk.storage.usage import allocated

pytestmark = pytest.mark.anyio

CONTENT = os.urandom(3 << 20)
DIGEST = digest_of(CONTENT)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path)


def partial(tmp_path: Path) -> Path:
    return tmp_path / "ingest" / f"{hex_of(DIGEST)}.partial"


async def test_a_blob_is_there_only_after_the_commit(store: ContentStore, tmp_path: Path) -> None:
    ingest = store.ingest(DIGEST, len(CONTENT))
    assert await ingest.resume() == 0
    await ingest.write(CONTENT)
    assert not store.exists(DIGEST)
    await ingest.commit()
    assert store.read(DIGEST) == CONTENT
    assert store.size(DIGEST) == len(CONTENT)
    assert list((tmp_path / "ingest").iterdir()) == []


async def test_a_partial_is_resumed_by_another_process(store: ContentStore, tmp_path: Path) -> None:
    first = store.ingest(DIGEST, len(CONTENT))
    await first.resume()
    await first.write(CONTENT[:2_000_000])
    await first.close()
    second = ContentStore(tmp_path).ingest(DIGEST, len(CONTENT))
    assert await second.resume() == 2_000_000
    assert b"".join([chunk async for chunk in second.chunks()]) == CONTENT[:2_000_000]
    await second.write(CONTENT[2_000_000:])
    await second.commit()
    assert store.read(DIGEST) == CONTENT


async def test_a_partial_that_lies_is_forgotten(store: ContentStore, tmp_path: Path) -> None:
    partial(tmp_path).write_bytes(bytes(1000))
    ingest = store.ingest(DIGEST, len(CONTENT))
    assert await ingest.resume() == 1000
    await ingest.write(CONTENT[1000:])
    with pytest.raises(DataLoss, match=f"filesystem layer verification failed for digest {DIGEST}"):
        await ingest.commit()
    assert not store.exists(DIGEST)
    assert not partial(tmp_path).exists()


async def test_a_partial_longer_than_the_blob_is_started_anew(store: ContentStore, tmp_path: Path) -> None:
    partial(tmp_path).write_bytes(CONTENT + b"x")
    ingest = store.ingest(DIGEST, len(CONTENT))
    assert await ingest.resume() == 0
    await ingest.close()


async def test_a_stored_blob_that_rotted_is_noticed(store: ContentStore) -> None:
    digest = await store.put(b"manifest")
    store.path(digest).write_bytes(b"manifesT")
    with pytest.raises(DataLoss):
        store.read(digest)


async def test_what_is_not_there(store: ContentStore) -> None:
    for ask in (store.read, store.size):
        with pytest.raises(NotFound):
            ask(DIGEST)
    assert await store.delete(DIGEST) == 0
    with pytest.raises(NotFound):
        [chunk async for chunk in store.chunks(DIGEST)]


async def test_a_pinned_partial_survives_the_sweep(store: ContentStore, tmp_path: Path) -> None:
    partial(tmp_path).write_bytes(b"12345")
    other = partial(tmp_path).with_name("other.partial")
    other.write_bytes(b"123")
    size, other_size = (file.stat().st_blocks * 512 for file in (partial(tmp_path), other))
    with store.pins.hold((DIGEST,)), store.temporary("work") as path:
        path.write_bytes(b"under way")
        assert await store.sweep_partials() == other_size
        assert path.exists()
    assert not path.exists()
    assert partial(tmp_path).exists()
    assert await store.sweep_partials() == size


async def test_work_that_begins_while_a_sweep_waits_for_a_thread_is_left_alone(store: ContentStore) -> None:
    freed: list[int] = []

    async def sweep() -> None:
        freed.append(await store.sweep_partials())

    places = [object() for _ in range(int(store.limiter.total_tokens))]
    for place in places:
        await store.limiter.acquire_on_behalf_of(place)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sweep)
        await anyio.wait_all_tasks_blocked()
        async with store.temporary_directory("load") as directory:
            with store.temporary("import") as file:
                file.write_bytes(b"under way")
                for place in places:
                    store.limiter.release_on_behalf_of(place)
                while not freed:
                    await anyio.sleep(0.01)
                assert file.exists()
            assert directory.is_dir()
    assert freed == [0]


async def test_directories_that_no_operation_holds_are_swept_with_all_in_them(store: ContentStore, tmp_path: Path) -> None:
    left = partial(tmp_path).with_name("load-0.partial")
    left.mkdir()
    (left / "1").write_bytes(b"x" * 5000)
    size = sum(allocated(path.stat()) for path in (left, left / "1"))
    assert size > 5000
    assert await store.sweep_partials() == size
    assert not left.exists()


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:" + "../" * 20 + "dev/zero",
        "../../etc/passwd",
        "sha256:",
        "sha256:" + "A" * 64,
        "sha512:" + "0" * 64,
        "md5:" + "0" * 32,
        "",
    ],
)
async def test_what_is_no_digest_is_never_a_path(store: ContentStore, digest: str) -> None:
    assert not store.exists(digest)
    for ask in (store.read, store.size, store.path):
        with pytest.raises(InvalidArgument, match="invalid checksum digest format"):
            ask(digest)
    with pytest.raises(InvalidArgument):
        store.ingest(digest, 1)


async def test_sha512_is_a_digest_like_another(store: ContentStore, tmp_path: Path) -> None:
    digest = digest_of(CONTENT, "sha512")
    ingest = store.ingest(digest, len(CONTENT))
    await ingest.resume()
    await ingest.write(CONTENT)
    await ingest.commit()
    assert (tmp_path / "blobs" / "sha512" / hex_of(digest)).read_bytes() == CONTENT == store.read(digest)
    assert await store.put(b"small", digest) == digest_of(b"small", "sha512")
    assert store.digests() == {digest, digest_of(b"small", "sha512")}
    assert await store.delete(digest) > 0
    other = store.ingest(digest, 3)
    await other.resume()
    await other.write(b"lie")
    with pytest.raises(DataLoss):
        await other.commit()


async def test_a_large_blob_is_not_read_whole(store: ContentStore, tmp_path: Path) -> None:
    (tmp_path / "blobs" / "sha256" / hex_of(DIGEST)).touch()
    os.truncate(tmp_path / "blobs" / "sha256" / hex_of(DIGEST), 1 << 40)
    with pytest.raises(DataLoss, match="a document of more than"):
        store.read(DIGEST)


async def test_a_download_that_brought_nothing_leaves_nothing(store: ContentStore, tmp_path: Path) -> None:
    ingest = store.ingest(DIGEST, len(CONTENT))
    await ingest.resume()
    await ingest.close()
    assert list((tmp_path / "ingest").iterdir()) == []
