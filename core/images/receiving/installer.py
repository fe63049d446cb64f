"""Installing layers: obtained and unpacked in parallel, committed bottom first."""

import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import msgspec

from core.images.content.diskspace import writing
from core.images.content.store import ContentStore
from core.images.garbage import STAGED_PREFIX
from core.images.layers.store import LayerRecord, Layers
from core.images.layers.unpack import Unpacked, Unpacker
from core.images.receiving.arriving import ArrivingLayer
from core.images.receiving.fetcher import short
from core.images.receiving.progress import Meter, Report
from sdk.drivers.storage import StorageDriver
from sdk.engine.images import Progress
from sdk.errors import DataLoss
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import ChainID, Digest, chain_id, chain_ids
from sdk.tracing import step as traced_step

_log = logging.getLogger(__name__)

_LAYER = Path("layer")
"""What messages about a disk call the directory of a layer that has no name yet."""


class Source(Protocol):
    """Where blobs come from that are not in the content store yet."""

    async def fetch(self, blob: Descriptor, report: Report) -> None:
        """Make sure that a blob is in the content store."""

    def stream(self, blob: Descriptor, report: Report) -> AsyncGenerator[bytes, None] | None:
        """Yield a blob while it is brought into the content store; None if it does not come in pieces, and is to be fetched."""


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

    async def install(self, layers: Sequence[Layer], source: Source | None, report: Report) -> None:
        """Install a stack, bottom first; without a source every blob is in the content store. Raises what the source raises, DataLoss for a layer that is not what it should be.

        Cancelled or failed, it leaves no staged directory; layers that were committed stay for the next attempt.
        """
        steps = _steps(layers)
        for step in steps:
            report(Progress("Already exists" if step.chain in self._layers else "Pulling fs layer", short(step.layer.blob.digest)))
        with first_error():
            async with anyio.create_task_group() as group:
                for step in sorted(steps, key=lambda step: step.layer.blob.size, reverse=True):
                    group.start_soon(self._install, step, source, report)

    @asynccontextmanager
    async def added(self, blob: Descriptor, below: tuple[Digest, ...]) -> AsyncIterator[Digest]:
        """Install one stored blob on top of an installed stack and give its diffID; the layer is pinned for the block."""
        async with self._staged() as key:
            unpacked = await self._unpacker.unpack(self._content.path(blob.digest), await self._stage(key))
            async with self._committed(key, unpacked, blob, below):
                yield unpacked.diff_id

    @asynccontextmanager
    async def arrived(self, layer: ArrivingLayer, below: tuple[Digest, ...]) -> AsyncIterator[Digest]:
        """Store and install a layer in the same way while it arrives; its blob is pinned too."""
        async with self._staged() as key:
            unpacked = await self._unpack_arriving(layer, await self._stage(key))
            with self._content.pins.hold((layer.blob.digest,)):
                await layer.store()
                async with self._committed(key, unpacked, layer.blob, below):
                    yield unpacked.diff_id

    @asynccontextmanager
    async def _committed(self, key: str, unpacked: Unpacked, blob: Descriptor, below: tuple[Digest, ...]) -> AsyncIterator[None]:
        chain = chain_id((*below, unpacked.diff_id))
        parent = chain_id(below) if below else None
        with self._layers.pins.hold((chain,)):
            async with self._layers.locks.hold(chain):
                await self._commit(chain, key, parent)
                self._layers.put(chain, LayerRecord(unpacked.diff_id, parent or "", unpacked.size, blob))
            yield

    async def _unpack_arriving(self, layer: ArrivingLayer, target: Path) -> Unpacked:
        """Unpack a layer while it arrives if a worker is free for that, else when it is there."""
        async with aclosing(layer.chunks()) as chunks:
            if self._unpacker.takes_streams:
                return await self._unpacker.unpack_stream(chunks, target)
            async for _chunk in chunks:
                pass
        return await self._unpacker.unpack(layer.path, target)

    async def unpack_again(self, chain: str, record: LayerRecord, archive: Descriptor, *, replace: bool) -> None:
        """Give a layer that was lost its files again, from an archive that is in the content store. With `replace` in place of what is there.

        Raises DataLoss if the archive is not the layer's, Conflict if something stands on what is to be replaced; both leave what is there.
        """
        async with self._layers.locks.hold(chain), self._staged() as key:
            target = await self._stage(key)
            unpacked = await self._unpacker.unpack(self._content.path(archive.digest), target, like=record.diff_id)
            _require(unpacked, archive, record.diff_id)
            if replace:
                await self._storage.remove(chain)
            await self._commit(ChainID(chain), key, ChainID(record.parent) if record.parent else None)
            self._layers.put(chain, msgspec.structs.replace(record, size=unpacked.size, blob=record.blob or archive))

    async def _install(self, step: _Step, source: Source | None, report: Report) -> None:
        with traced_step("layer.install", {"oci.layer.digest": step.layer.blob.digest, "oci.layer.size": step.layer.blob.size}):
            await self._installed(step, source, report)
        step.done.set()

    async def _installed(self, step: _Step, source: Source | None, report: Report) -> None:
        async with self._layers.locks.hold(step.chain):
            if step.chain not in self._layers:
                await self._unpack_and_commit(step, source, report)
                report(Progress("Pull complete", short(step.layer.blob.digest)))
            elif source and not self._can_be_given(step):
                await source.fetch(step.layer.blob, report)

    def _can_be_given(self, step: _Step) -> bool:
        """Tell whether an archive of an installed layer is here, or can be rebuilt, as long as nothing was lost."""
        record = self._layers.get(step.chain)
        known = (step.layer.blob, record.blob) if record and record.blob else (step.layer.blob,)
        return bool(record and record.recipe) or any(self._content.exists(blob.digest) for blob in known)

    async def _unpack_and_commit(self, step: _Step, source: Source | None, report: Report) -> None:
        async with self._staged() as key:
            with traced_step("layer.unpack"):
                unpacked = await self._unpack(step.layer, key, source, report)
            _require(unpacked, step.layer.blob, step.layer.diff_id)
            if step.below:
                with traced_step("layer.await_parent"):
                    await step.below.done.wait()
            parent = step.below.chain if step.below else None
            await self._commit(step.chain, key, parent)
            self._layers.put(step.chain, LayerRecord(step.layer.diff_id, parent or "", unpacked.size, step.layer.blob))

    async def _unpack(self, layer: Layer, key: str, source: Source | None, report: Report) -> Unpacked:
        """Unpack a layer while it arrives if a worker is free for that, else, or if what arrived was damaged, from disk."""
        target = await self._stage(key)
        if source and not self._content.exists(layer.blob.digest):
            if self._unpacker.takes_streams and (arriving := source.stream(layer.blob, report)):
                try:
                    async with aclosing(arriving) as chunks:
                        return await self._unpacker.unpack_stream(chunks, target, like=layer.diff_id)
                except DataLoss:
                    _log.warning("layer %s arrived damaged and is fetched again", layer.blob.digest)
                    target = await self._stage(key)
            await source.fetch(layer.blob, report)
        return await self._unpack_stored(layer, target, report)

    async def _unpack_stored(self, layer: Layer, target: Path, report: Report) -> Unpacked:
        meter = Meter(report, "Extracting", short(layer.blob.digest), layer.blob.size)
        meter.show(0)
        blob = self._content.path(layer.blob.digest)
        unpacked = await self._unpacker.unpack(blob, target, meter.show, like=layer.diff_id)
        report(Progress("Extracting", short(layer.blob.digest), layer.blob.size, layer.blob.size))
        return unpacked

    async def _stage(self, key: str) -> Path:
        """Return an empty directory to unpack into. Raises ResourceExhausted."""
        with writing(_LAYER):
            return await self._storage.stage(key)

    async def _commit(self, chain: ChainID, key: str, parent: ChainID | None) -> None:
        with writing(_LAYER):
            await self._storage.commit(chain, key, parent=parent)

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


def _require(unpacked: Unpacked, blob: Descriptor, diff_id: str) -> None:
    if unpacked.diff_id != diff_id:
        raise DataLoss(f"layer {blob.digest} unpacks to {unpacked.diff_id}, not to {diff_id} as the image says")


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
