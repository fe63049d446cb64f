"""One image as the archive that `docker save` writes, streamed."""

import tarfile
from collections.abc import Iterator, Sequence

import msgspec

from core.cli.migrate.docker_root import Image
from core.cli.migrate.layers import Layer

_BLOCK = tarfile.BLOCKSIZE


def saved(image: Image, layers: Sequence[Layer]) -> Iterator[bytes]:
    """Yield the archive: the configuration, each layer, and the manifest that names them. Raises MissingLayer."""
    names = [f"{number}/layer.tar" for number, _ in enumerate(layers)]
    manifest = [{"Config": f"{image.id}.json", "RepoTags": list(image.tags) or None, "Layers": names}]
    yield _header(f"{image.id}.json", len(image.config))
    yield image.config + _padding(len(image.config))
    for name, layer in zip(names, layers, strict=True):
        yield _header(name, layer.size)
        yield from layer.chunks()
        yield _padding(layer.size)
    content = msgspec.json.encode(manifest)
    yield _header("manifest.json", len(content))
    yield content + _padding(len(content))
    yield bytes(2 * _BLOCK)


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o644
    return entry.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def size_of(image: Image, layers: Sequence[Layer]) -> int:
    """Return about how many bytes an image's archive has."""
    return len(image.config) + sum(layer.size for layer in layers)
