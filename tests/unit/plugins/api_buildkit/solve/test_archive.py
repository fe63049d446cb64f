import io
import json
import tarfile
from collections.abc import AsyncIterator

import pytest

from plugins.api_buildkit.solve.archive import renamed
from sdk.errors import DataLoss
from sdk.testing.images import make_tar

FILES = {
    "blobs/sha256/aa": b"x" * 3000,
    "manifest.json": json.dumps([{"Config": "blobs/sha256/aa", "RepoTags": None, "Layers": []}]).encode(),
    "index.json": json.dumps({"schemaVersion": 2, "manifests": [{"digest": "sha256:aa", "annotations": {"old": "1"}}]}).encode(),
    "oci-layout": b"{}",
}


def archive() -> bytes:
    return make_tar(FILES)


async def chunks(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [100, 512, 100_000])
async def test_the_tables_of_contents_name_the_image_anew(size: int) -> None:
    out = b"".join([piece async for piece in renamed(chunks(archive(), size), ["app:1", "host:5000/app:2"])])
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    assert list(files) == list(FILES)
    assert files["blobs/sha256/aa"] == FILES["blobs/sha256/aa"]
    assert json.loads(files["manifest.json"])[0]["RepoTags"] == ["app:1", "host:5000/app:2"]
    names = [each["annotations"]["io.containerd.image.name"] for each in json.loads(files["index.json"])["manifests"]]
    assert names == ["docker.io/library/app:1", "host:5000/app:2"]


@pytest.mark.anyio
async def test_without_names_it_has_none() -> None:
    out = b"".join([piece async for piece in renamed(chunks(archive(), 512), [])])
    with tarfile.open(fileobj=io.BytesIO(out)) as tar:
        assert json.load(tar.extractfile("manifest.json"))[0]["RepoTags"] == []
        assert "annotations" not in json.load(tar.extractfile("index.json"))["manifests"][0]


@pytest.mark.anyio
async def test_half_an_archive_is_an_error() -> None:
    with pytest.raises(DataLoss, match="ended too early"):
        async for _piece in renamed(chunks(archive()[:1000], 512), []):
            pass
