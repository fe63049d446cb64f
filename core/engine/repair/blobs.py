"""Blobs that are not what their digests say."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from core.engine.images.context import ImageContext
from core.images.documents import parse_manifest
from core.images.store import ImageStore
from sdk.errors import EngineError
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import digest_from, hasher

_SMALL = 4 << 20
"""What is no larger is verified by its digest in any case: documents, and recipes."""


async def damaged_blobs(context: ImageContext, *, deep: bool) -> Mapping[str, str]:
    """Return the blobs that are damaged, each with its problem. Large ones are judged by their size; with `deep` by their digest."""
    content = context.store.content
    sizes = {blob.digest: blob.size for blob in _described(context.store)}
    problems: dict[str, str] = {}

    async def judge(digest: str) -> None:
        problem = await run_sync(_problem, content.path(digest), digest, sizes.get(digest), deep, limiter=content.limiter)
        if problem:
            problems[digest] = problem

    async with anyio.create_task_group() as group:
        for digest in content.digests():
            group.start_soon(judge, digest)
    return dict(sorted(problems.items()))


def _problem(path: Path, digest: str, size: int | None, deep: bool) -> str:
    """Return what is wrong with a blob, or ""."""
    try:
        with path.open("rb") as file:
            actual = os.fstat(file.fileno()).st_size
            if size is not None and actual != size:
                return f"has {actual} bytes of {size}"
            if (deep or actual <= _SMALL) and digest_from(hashlib.file_digest(file, lambda: hasher(digest))) != digest:
                return "is not what its digest says"
    except OSError as error:
        return f"cannot be read: {os.strerror(error.errno or 0).lower()}"
    return ""


def _described(store: ImageStore) -> Iterator[Descriptor]:
    """Yield what the store knows with its size."""
    for chain in store.layers:
        record = store.layers.get(chain)
        if record and record.blob:
            yield record.blob
    manifests = {record.manifest.digest for _, record in store.records()} | {
        record.descriptor.digest for _, record in store.hosted.manifests()
    }
    for digest in manifests:
        try:
            manifest = parse_manifest(store.content.read(digest))
        except EngineError:
            continue  # an index, or damaged itself
        yield from (manifest.config, *manifest.layers)
