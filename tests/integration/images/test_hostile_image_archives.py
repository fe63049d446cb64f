"""Image archives made to do harm, or broken: each is refused at once and in words, and leaves nothing."""

import gzip
import io
import json
import resource
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sdk.engine.images import ImageListRequest
from sdk.errors import DataLoss, EngineError, InvalidArgument
from sdk.oci.descriptor import OCI_LAYER
from sdk.oci.digest import digest_of, hex_of
from sdk.testing.images import make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

IMAGE = make_image((make_tar({"etc/a": b"a" * 1000}),), layer_type=OCI_LAYER)
CONFIG, LAYER = (content for _, content in IMAGE.blobs)
DEEP = b"[" * 100_000


def entries(config: object = "config.json", layers: object = ("layer.tar",), tags: object = ("hostile:1",)) -> bytes:
    return json.dumps([{"Config": config, "Layers": layers, "RepoTags": tags}]).encode()


def docker(manifest: bytes = entries(), config: bytes = CONFIG, layer: bytes = LAYER, **more: bytes) -> dict[str, bytes]:
    """Return the members of a docker-archive."""
    return {"config.json": config, "layer.tar": layer, "manifest.json": manifest} | more


def oci(index: bytes | None = None, manifest: bytes = IMAGE.manifest, **replaced: bytes) -> dict[str, bytes]:
    """Return the members of an OCI layout; `replaced` gives other contents to `config` and `layer` under the same names."""
    blobs = {path(manifest): manifest, path(CONFIG): replaced.get("config", CONFIG), path(LAYER): replaced.get("layer", LAYER)}
    return blobs | {"index.json": index or index_of(digest_of(manifest), len(manifest))}


def index_of(digest: str, size: int = 1, media_type: str = IMAGE.descriptor.media_type) -> bytes:
    return json.dumps({"manifests": [{"mediaType": media_type, "digest": digest, "size": size}]}).encode()


def path(content: bytes) -> str:
    return f"blobs/sha256/{hex_of(digest_of(content))}"


def tar(members: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return output.getvalue()


def without(members: dict[str, bytes], name: str) -> dict[str, bytes]:
    return {key: content for key, content in members.items() if key != name}


HOSTILE: dict[str, tuple[bytes, str]] = {
    "only repositories": (
        tar({"repositories": b'{"a":{"b":"' + b"0" * 64 + b'"}}', "layer.tar": LAYER}),
        "does not contain a manifest",
    ),
    "a list that is no list": (tar(docker(b'{"Config": 1}')), "manifest.json: Expected `array"),
    "a list of numbers": (tar(docker(b"[1]")), "manifest.json: Expected `object`"),
    "a configuration that is a number": (tar(docker(entries(config=7))), "manifest.json: Expected `str`"),
    "layers that are a word": (tar(docker(entries(layers="layer.tar"))), "manifest.json: Expected `array"),
    "a list without end": (tar(docker(DEEP)), "manifest.json"),
    "a list that is no JSON": (tar(docker(b"\xff\xfe")), "manifest.json"),
    "a list of 17 MiB": (tar(docker(b" " * (17 << 20))), "manifest.json is longer than"),
    "a configuration of 5 MiB": (tar(docker(config=CONFIG + b" " * (5 << 20))), "config.json is longer than"),
    "a deep configuration": (tar(docker(config=b'{"rootfs":' + DEEP)), "malformed imageconfig"),
    "a deep, whole configuration": (
        tar(docker(config=b'{"x":' + b"[" * 900 + b"]" * 900 + b"}")),
        "malformed|layers length mismatch",
    ),
    "a configuration of the wrong types": (tar(docker(config=b'{"rootfs":{"diff_ids":[1]}}')), "malformed imageconfig"),
    "a configuration that is a list": (tar(docker(config=b"[]")), "not a JSON object"),
    "too few layers": (tar(docker(entries(layers=()))), "layers length mismatch"),
    "too many layers": (tar(docker(entries(layers=["layer.tar"] * 2000))), "layers length mismatch"),
    "another layer": (tar(docker(layer=make_tar({"other": b"x"}))), "unpacks to"),
    "a name outside": (tar(docker(entries(config="../../../../etc/passwd"))), "/etc/passwd is missing"),
    "a link outside": (tar(without(docker(), "config.json"), {"config.json": "/etc/passwd"}), "config.json is missing"),
    "a link in a circle": (tar(without(docker(), "layer.tar"), {"layer.tar": "b", "b": "layer.tar"}), "layer.tar is missing"),
    "a tag that is none": (tar(docker(entries(tags=["../../a:b"]))), "invalid reference format"),
    "an index that is no index": (tar(oci(b"[]")), "not a JSON object"),
    "a deep index": (tar(oci(b'{"manifests":' + DEEP)), "malformed index"),
    "an index of a path": (tar(oci(index_of("sha256:../../../../etc/passwd"))), "invalid checksum digest format"),
    "an index of another algorithm": (tar(oci(index_of("sha384:" + "0" * 96))), "invalid checksum digest format"),
    "an index of what is missing": (tar(oci(index_of("sha256:" + "0" * 64))), "is missing"),
    "a manifest under a wrong name": (
        tar({**oci(index_of("sha256:" + "0" * 64)), f"blobs/sha256/{'0' * 64}": b"{}"}),
        "has the digest",
    ),
    "a configuration under a wrong name": (tar(oci(config=CONFIG + b" ")), "has the digest"),
    "a layer under a wrong name": (tar(oci(layer=make_tar({"other": b"x"}))), "has the digest"),
    "a wrong name in a docker-archive": (
        tar({"manifest.json": entries(config=path(CONFIG)), path(CONFIG): CONFIG + b" ", "layer.tar": LAYER}),
        "has the digest",
    ),
    "cut off": (tar(docker())[:3000], "unexpected EOF"),
    "cut off, compressed": (gzip.compress(tar(docker()))[:-50], "invalid archive"),
}


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


async def refusal(rooms, content: AsyncIterator[bytes]) -> str:
    with pytest.raises(EngineError) as error:
        [step async for step in rooms.images.load(content)]
    assert isinstance(error.value, DataLoss | InvalidArgument)
    return error.value.message


def left(disk: Path) -> list[str]:
    """Return what of images is on the disk."""
    return [str(found) for found in disk.rglob("*") if found.parent.name in ("ingest", "sha256", "s", "l")]


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_and_leaves_nothing(rooms, disk: Path, name: str) -> None:
    content, message = HOSTILE[name]
    said = await refusal(rooms, pieces(content))
    assert message in said or any(part in said for part in message.split("|")), said
    assert len(said) < 1000
    assert left(disk) == []
    assert not await rooms.images.list(ImageListRequest())


async def test_what_the_corpus_is_made_of_is_loaded(rooms) -> None:
    for archive in (tar(docker()), tar(oci()), tar(docker(repositories=b"\xff"))):
        assert [step async for step in rooms.images.load(pieces(archive))]
        assert (await rooms.images.inspect(IMAGE.id)).size == 1000
        await rooms.images.remove(IMAGE.id, force=True)


async def test_of_members_of_one_name_the_last_counts(rooms) -> None:
    first = tar({"config.json": b"junk", "layer.tar": b"more junk", "manifest.json": b"junk"}).rstrip(b"\0")
    archive = first + bytes(-len(first) % 512) + tar(docker())
    assert [step async for step in rooms.images.load(pieces(archive))]
    assert (await rooms.images.inspect("hostile:1")).id == IMAGE.id


def members(count: int, kind: bytes) -> Iterator[bytes]:
    """Yield the headers of empty members, a few thousand at a time."""
    block = bytearray(tarfile.TarInfo("0" * 10).tobuf())
    block[156:157] = kind
    for start in range(0, count, 4096):
        chunk = bytearray()
        for number in range(start, start + 4096):
            block[:10], block[148:156] = b"%010d" % number, b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            chunk += block
        yield bytes(chunk)


@pytest.mark.parametrize(
    ("kind", "message"), [(b"0", "invalid archive: more than 131072 files"), (b"5", "does not contain a manifest")]
)
async def test_members_without_number_take_bounded_memory(rooms, disk: Path, kind: bytes, message: str) -> None:
    async def archive() -> AsyncIterator[bytes]:
        for chunk in members(140_000, kind):
            yield chunk
        yield bytes(1024)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert message in await refusal(rooms, archive())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10
    assert left(disk) == []
