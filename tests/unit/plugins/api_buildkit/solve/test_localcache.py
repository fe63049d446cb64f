"""Caches in a directory of the client: written, read back, and damaged."""

import io
import tarfile
from collections.abc import AsyncIterator

import msgspec
import pytest

from plugins.api_buildkit.solve.localcache import archive_of, leave, manifests_of
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Index, Manifest
from sdk.testing.images import make_tar

pytestmark = pytest.mark.anyio


class Store:
    """A client's directory of blobs."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.written: list[str] = []

    async def size(self, digest: str) -> int | None:
        return len(self.blobs[digest]) if digest in self.blobs else None

    async def read(self, digest: str) -> AsyncIterator[bytes]:
        content = self.blobs[digest]
        for start in range(0, len(content), 7):
            yield content[start : start + 7]

    async def write(self, digest: str, size: int, content: AsyncIterator[bytes]) -> None:
        self.blobs[digest] = b"".join([piece async for piece in content])
        assert len(self.blobs[digest]) == size
        self.written.append(digest)

    def add(self, content: bytes, algorithm: str = "sha256") -> str:
        digest = digest_of(content, algorithm)
        self.blobs[digest] = content
        return digest


def image(*layers: bytes) -> dict[str, bytes]:
    """Return the files of an archive of one image."""
    blobs = [b"{}", *layers]
    config, *rest = (Descriptor(OCI_LAYER, digest_of(blob), len(blob)) for blob in blobs)
    manifest = msgspec.json.encode(Manifest(config=Descriptor(OCI_CONFIG, config.digest, config.size), layers=tuple(rest)))
    index = msgspec.json.encode(Index((Descriptor(OCI_MANIFEST, digest_of(manifest), len(manifest), annotations={"a": "b"}),)))
    files = {f"blobs/{digest_of(blob).replace(':', '/')}": blob for blob in (*blobs, manifest)}
    return {**files, "oci-layout": b"{}", "index.json": index, "manifest.json": b"[]"}


async def archived(files: dict[str, bytes]) -> AsyncIterator[bytes]:
    packed = make_tar(files)
    for start in range(0, len(packed), 1000):
        yield packed[start : start + 1000]


async def test_a_cache_is_left_and_found_again() -> None:
    store, files = Store(), image(b"one", b"two" * 1000)
    descriptor = msgspec.json.decode(await leave(store, archived(files)), type=Descriptor)
    (manifest,) = await manifests_of(store, descriptor.digest)
    assert [store.blobs[layer.digest] for layer in manifest.layers] == [b"one", b"two" * 1000]
    packed = b"".join([piece async for piece in archive_of(store, descriptor.digest)])
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        found = {member.name: (archive.extractfile(member) or io.BytesIO()).read() for member in archive}
    assert found.keys() == files.keys() - {"manifest.json"}
    assert all(found[name] == content for name, content in files.items() if name.startswith("blobs/"))


async def test_what_is_there_is_not_written_again() -> None:
    store, files = Store(), image(b"one", b"two")
    await leave(store, archived(files))
    store.written.clear()
    await leave(store, archived(files))
    assert store.written == []
    await leave(store, archived(image(b"one", b"three")))
    assert len(store.written) == 3  # a layer, a manifest and an index


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_an_index_may_have_a_digest_of_either_algorithm(algorithm: str) -> None:
    store = Store()
    assert await manifests_of(store, store.add(msgspec.json.encode(Index(())), algorithm)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"manifests": 5}',
        b'{"manifests": [{"mediaType": "\xff", "digest": "", "size": 1}]}',
        b'{"manifests": [], "x": ' + b"[" * 20_000,
        b'{"manifests": [{"mediaType": "x", "digest": "../../etc/passwd", "size": 1}]}',
        b'{"manifests": [{"mediaType": "x", "digest": "sha256:' + b"0" * 64 + b'", "size": 1}]}',
    ],
)
async def test_a_cache_that_cannot_be_read_is_told_as_that(content: bytes) -> None:
    """A directory with other bytes in it ended the build in Python's words, where it is only no cache."""
    store = Store()
    digest = store.add(content)
    with pytest.raises(DataLoss, match=r"^cache: "):
        await manifests_of(store, digest)
    with pytest.raises(DataLoss, match=r"^cache: "):
        _ = [piece async for piece in archive_of(store, digest)]


async def test_a_damaged_or_huge_document_is_refused() -> None:
    store = Store()
    digest = store.add(msgspec.json.encode(Index(())))
    store.blobs[digest] += b" "
    with pytest.raises(DataLoss, match="is damaged"):
        await manifests_of(store, digest)
    store.blobs[digest] = bytes((16 << 20) + 1)
    with pytest.raises(DataLoss, match="is too long"):
        await manifests_of(store, digest)
    with pytest.raises(DataLoss, match="is not there"):
        await manifests_of(store, digest_of(b"other"))
