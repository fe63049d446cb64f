"""A build step's file system: an active snapshot that becomes a layer."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from secrets import token_hex

import anyio

from core.containers.mounts.rootfs import opened_root
from core.containers.process.users import identify
from core.engine.builds.process import run_process
from core.engine.containers.preparation.identity import read_accounts
from core.engine.context import EngineContext
from core.engine.images.context import ImageContext
from core.images.layers.layerfile import Packed, pack_layer
from core.images.layers.store import LayerRecord
from sdk.builder import Output, Stack, StepProcess
from sdk.drivers.storage import ActiveCommitter
from sdk.oci.digest import ChainID, Digest, chain_id


class SnapshotWorkspace:
    """Implements `sdk.builder.Workspace`. What it commits is pinned on `pins`."""

    def __init__(self, context: EngineContext, images: ImageContext, key: str, stack: Stack, pins: ExitStack) -> None:
        self._context = context
        self._images = images
        self._key = key
        self._stack = stack
        self._pins = pins

    def files(self) -> AbstractAsyncContextManager[int]:
        return opened_root(self._context.drivers.storage, self._key)

    async def owner(self, spec: str) -> tuple[int, int]:
        user = identify(spec, await read_accounts(self._context, self._key)).user
        return user.uid, user.gid

    async def run(self, process: StepProcess, output: Output) -> int:
        return await run_process(self._context, self._key, process, output)

    async def commit(self, *, newest: int | None = None, keep: bool = False) -> Digest | None:
        """Commit; with `keep` the snapshot stays what it is, and the layer is a copy."""
        storage, content = self._context.drivers.storage, self._images.store.content
        changes = await storage.changes(self._key)
        if not changes:
            return None
        async with opened_root(storage, self._key, readonly=True) as root:
            packed = await pack_layer(content, root, changes, newest)
        chain = chain_id((*self._stack, packed.diff_id))
        self._pins.enter_context(content.pins.hold((packed.blob.digest,)))
        self._pins.enter_context(self._images.store.layers.pins.hold((chain,)))
        await self._keep(packed, chain, copied=keep)
        return packed.diff_id

    async def _keep(self, packed: Packed, chain: ChainID, *, copied: bool) -> None:
        storage, layers = self._context.drivers.storage, self._images.store.layers
        if copied or not isinstance(storage, ActiveCommitter):
            async with self._images.installer.added(packed.blob, self._stack):
                return
        async with layers.locks.hold(chain):
            if chain not in layers:
                await storage.commit_active(chain, self._key)
                parent = chain_id(self._stack) if self._stack else ""
                layers.put(chain, LayerRecord(packed.diff_id, parent, packed.size, packed.blob))


@asynccontextmanager
async def snapshot(context: EngineContext, stack: Stack) -> AsyncIterator[str]:
    """Give the key of an active snapshot over a stack; it goes with the block."""
    key, storage = f"build-{token_hex(8)}", context.drivers.storage
    await storage.prepare(key, parent=chain_id(stack) if stack else None)
    try:
        yield key
    finally:
        with anyio.CancelScope(shield=True):
            await storage.remove(key)


@asynccontextmanager
async def viewed(context: EngineContext, stack: Stack) -> AsyncIterator[int]:
    """Give a descriptor of a stack's root, read-only."""
    async with (
        snapshot(context, stack) as key,
        opened_root(context.drivers.storage, key, readonly=True) as root,
    ):
        yield root
