"""Installing layers: obtained and unpacked in parallel, committed bottom first."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import anyio

from core.images.content import ContentStore
from core.images.fetcher import short
from core.images.garbage import STAGED_PREFIX
from core.images.layers import LayerRecord, Layers
from core.images.progress import Report
from core.images.unpack import Unpacked, Unpacker
from sdk.drivers.storage import StorageDriver
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import ChainID, Digest, chain_ids

Obtain = Callable[[Descriptor, Report], Awaitable[None]]
"""Makes sure that a blob is in the content store."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer to be installed: its blob, and what must come out of it."""

    blob: Descriptor
    diff_id: Digest


@dataclass(frozen=True, slots=True)
class _Step:
    """A layer's place in its stack; `done` is set once it is committed."""

    layer: Layer
    chain: ChainID
    below: "_Step | None"
    done: anyio.Event


class Installer:
    """Turns blobs into committed snapshots. The same layer wanted twice at once is installed once."""

    def __init__(self, content: ContentStore, layers: Layers, storage: StorageDriver, unpacker: Unpacker) -> None:
        self._content = content
        self._layers = layers
        self._storage = storage
        self._unpacker = unpacker

    async def install(self, layers: Sequence[Layer], obtain: Obtain, report: Report) -> None:
        """Install a stack, bottom first. Raises what obtaining raises, DataLoss for a layer that is not what it should be.

        Cancelled or failed, it leaves no staged directory; layers that were committed stay for the next attempt.
        """
        steps = _steps(layers)
        for step in steps:
            report(Progress("Already exists" if step.chain in self._layers else "Pulling fs layer", short(step.layer.blob.digest)))
        with first_error():
            async with anyio.create_task_group() as group:
                for step in steps:
                    group.start_soon(self._install, step, obtain, report)

    async def _install(self, step: _Step, obtain: Obtain, report: Report) -> None:
        async with self._layers.locks.hold(step.chain):
            if step.chain not in self._layers:
                await obtain(step.layer.blob, report)
                await self._unpack_and_commit(step, report)
                report(Progress("Pull complete", short(step.layer.blob.digest)))
        step.done.set()

    async def _unpack_and_commit(self, step: _Step, report: Report) -> None:
        async with self._staged() as key:
            unpacked = await self._unpack(step.layer, key, report)
            if step.below:
                await step.below.done.wait()
            parent = step.below.chain if step.below else None
            await self._storage.commit(step.chain, key, parent=parent)
            self._layers.put(step.chain, LayerRecord(step.layer.diff_id, parent or "", unpacked.size, step.layer.blob))

    async def _unpack(self, layer: Layer, key: str, report: Report) -> Unpacked:
        target = await self._storage.stage(key)
        report(Progress("Extracting", short(layer.blob.digest), 0, layer.blob.size))
        unpacked = await self._unpacker.unpack(self._content.path(layer.blob.digest), target)
        if unpacked.diff_id != layer.diff_id:
            raise DataLoss(f"layer {layer.blob.digest} unpacks to {unpacked.diff_id}, the image configuration says {layer.diff_id}")
        report(Progress("Extracting", short(layer.blob.digest), layer.blob.size, layer.blob.size))
        return unpacked

    @asynccontextmanager
    async def _staged(self) -> AsyncIterator[str]:
        """Give the key of a directory to unpack into, and remove what is left of it."""
        key = f"{STAGED_PREFIX}{secrets.token_hex(8)}"
        try:
            yield key
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._storage.remove(key)
            raise


def _steps(layers: Sequence[Layer]) -> list[_Step]:
    steps: list[_Step] = []
    for layer, chain in zip(layers, chain_ids(tuple(layer.diff_id for layer in layers)), strict=True):
        steps.append(_Step(layer, chain, steps[-1] if steps else None, anyio.Event()))
    return steps


@contextmanager
def first_error() -> Iterator[None]:
    """Raise the first error of a task group in place of the group."""
    try:
        yield
    except BaseExceptionGroup as errors:
        first: BaseException = errors
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from errors
