"""Blobs that are not what their digests say."""

import hashlib
import os
from collections.abc import Iterator

import anyio
from anyio.to_thread import run_sync

from core.engine.image_context import ImageContext
from core.engine.repair.finding import Finding
from core.images.documents import parse_manifest
from core.images.store import ImageStore
from sdk.errors import EngineError
from sdk.oci.descriptor import Descriptor

_SMALL = 4 << 20
"""What is no larger is verified by its digest in any case: documents, and recipes."""


async def damaged_blobs(context: ImageContext, *, deep: bool, repair: bool) -> tuple[set[str], list[Finding]]:
    """Return the blobs that are damaged, and what there is to say about them. With `repair` they are deleted.

    Large ones are judged by their size, if it is known; with `deep` by their digest.
    """
    content = context.store.content
    sizes = {blob.digest: blob.size for blob in _archives(context.store)}
    problems: dict[str, str] = {}

    async def judge(digest: str) -> None:
        problem = await run_sync(_problem, content.path(digest), digest, sizes.get(digest), deep, limiter=content.limiter)
        if problem:
            problems[digest] = problem

    async with anyio.create_task_group() as group:
        for digest in content.digests():
            group.start_soon(judge, digest)
    if repair:
        for digest in problems:
            await content.delete(digest)
    outcome = "deleted" if repair else ""
    return set(problems), [Finding("blob", digest, problem, outcome, repair) for digest, problem in sorted(problems.items())]


def _problem(path: os.PathLike[str], digest: str, size: int | None, deep: bool) -> str:  # noqa: FBT001 - run in a thread
    """Return what is wrong with a blob, or ""."""
    try:
        with open(path, "rb") as file:
            actual = os.fstat(file.fileno()).st_size
            if size is not None and actual != size:
                return f"has {actual} bytes of {size}"
            if (deep or actual <= _SMALL) and f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" != digest:
                return "is not what its digest says"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return ""


def _archives(store: ImageStore) -> Iterator[Descriptor]:
    """Yield what archives of layers the store knows of, with the sizes they must have."""
    for chain in store.layers:
        record = store.layers.get(chain)
        if record and record.blob:
            yield record.blob
    manifests = {image.record.manifest.digest for image in store} | {record.descriptor.digest for _, record in store.hosted.manifests()}
    for digest in manifests:
        try:
            yield from parse_manifest(store.content.read(digest)).layers
        except EngineError:
            continue  # an index, or damaged itself
