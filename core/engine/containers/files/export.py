"""`docker export`: a container's whole file system as a tar, without volumes and other mounts."""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio.to_thread

from core.archives.pack import Archive, pack_tree
from core.containers.mounts.rootfs import opened_root
from sdk.drivers.storage import StorageDriver
from sdk.linux.mount import open_tree
from sdk.linux.namespaces import in_mount_namespace


async def export(storage: StorageDriver, key: str, pid: int | None = None) -> Archive:
    """Yield the tar; names are relative to the root. Of a running container (its process is `pid`) it is read through the container's own
    mount: what two mounts of the same writable layer show of each other is undefined (kernel documentation: overlayfs)."""
    async with _opened(storage, key, pid) as root, aclosing(pack_tree(root, root, ".", "")) as packed:
        async for chunk in packed:
            yield chunk


@asynccontextmanager
async def _opened(storage: StorageDriver, key: str, pid: int | None) -> AsyncIterator[int]:
    root = await anyio.to_thread.run_sync(_own_root, pid) if pid else None
    if root is None:
        async with opened_root(storage, key, readonly=True) as root:
            yield root
        return
    try:
        yield root
    finally:
        os.close(root)


def _own_root(pid: int) -> int | None:
    """Return a descriptor of a process' root without what is mounted in there; None if the process has ended."""
    try:
        return in_mount_namespace(f"/proc/{pid}/ns/mnt", lambda: open_tree("/", clone=True))
    except OSError:
        return None
