"""Small images made on the spot, for tests of registries, pulls and archives."""

import gzip
import io
import tarfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import zstandard

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.oci.descriptor import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
    Descriptor,
    Platform,
    host,
)
from sdk.oci.digest import digest_of
from sdk.oci.image import ExecutionConfig, History, ImageConfig, Index, Manifest, RootFS
from sdk.oci.reference import Reference

ANONYMOUS = Credentials()

_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    OCI_LAYER: bytes,
    OCI_LAYER_GZIP: lambda layer: gzip.compress(layer, 1, mtime=0),
    OCI_LAYER_ZSTD: lambda layer: zstandard.ZstdCompressor().compress(layer),
}


@dataclass(frozen=True, slots=True)
class MadeImage:
    """An image as bytes. `blobs` are the configuration and the layers, each with its descriptor."""

    manifest: bytes
    descriptor: Descriptor
    blobs: tuple[tuple[Descriptor, bytes], ...]

    @property
    def id(self) -> str:
        """Its ID, the digest of its configuration."""
        return self.blobs[0][0].digest

    async def push(self, registry: RegistryBackend, reference: Reference, credentials: Credentials = ANONYMOUS) -> None:
        """Push it under a name."""
        for descriptor, content in self.blobs:
            await registry.push_blob(reference, descriptor, _pieces(content), credentials)
        await registry.push_manifest(reference, self.manifest, self.descriptor.media_type, credentials)


def make_tar(files: Mapping[str, bytes | None], *, mode: int = 0o644) -> bytes:
    """Return a tar of regular files of one mode; None, or a name that ends in a slash, makes a directory. Whiteouts are files named so."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.rstrip("/"))
            entry.mtime = 1_700_000_000
            entry.mode = mode
            if content is None or name.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            data = content or b""
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def make_image(
    layers: Sequence[bytes],
    config: ExecutionConfig | None = None,
    *,
    platform: Platform | None = None,
    created: str = "",
    layer_type: str = OCI_LAYER_GZIP,
    algorithm: str = "sha256",
) -> MadeImage:
    """Return an image of uncompressed layer tars, bottom first, stored as `layer_type` says and addressed by an algorithm of digests."""
    platform = platform or host()
    blobs = [_COMPRESS[layer_type](layer) for layer in layers]
    document = ImageConfig(
        architecture=platform.architecture,
        os=platform.os,
        variant=platform.variant,
        rootfs=RootFS(tuple(digest_of(layer) for layer in layers)),
        config=config or ExecutionConfig(),
        created=created or "2024-01-02T03:04:05.000000006Z",
        history=tuple(History(created_by=f"step {number}") for number in range(len(layers))),
    )
    encoded = msgspec.json.encode(document)
    described = [
        (_described(encoded, OCI_CONFIG, algorithm), encoded),
        *((_described(blob, layer_type, algorithm), blob) for blob in blobs),
    ]
    manifest = msgspec.json.encode(
        Manifest(config=described[0][0], layers=tuple(descriptor for descriptor, _blob in described[1:]))
    )
    return MadeImage(manifest, _described(manifest, OCI_MANIFEST, algorithm), tuple(described))


async def push_index(
    registry: RegistryBackend, reference: Reference, images: Mapping[Platform, MadeImage], credentials: Credentials = ANONYMOUS
) -> Descriptor:
    """Push images and an index of them under a name; return the index' descriptor."""
    entries = []
    for platform, image in images.items():
        await image.push(registry, Reference(reference.domain, reference.path, None, digest_of(image.manifest)), credentials)
        entries.append(msgspec.structs.replace(image.descriptor, platform=platform))
    index = msgspec.json.encode(Index(manifests=tuple(entries)))
    await registry.push_manifest(reference, index, OCI_INDEX, credentials)
    return _described(index, OCI_INDEX)


def _described(content: bytes, media_type: str, algorithm: str = "sha256") -> Descriptor:
    return Descriptor(media_type, digest_of(content, algorithm), len(content))


async def _pieces(content: bytes, size: int = 1 << 18) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
