"""`docker export`: a container's whole file system as a tar, without volumes and other mounts."""

from contextlib import aclosing

from core.containers.rootfs import opened_root
from core.images.pack import Archive, pack_tree
from sdk.drivers.storage import StorageDriver


async def export(storage: StorageDriver, key: str) -> Archive:
    """Yield the tar. The snapshot is mounted read-only beside any mount of a running container; names are relative to the root."""
    async with opened_root(storage, key, None, readonly=True) as root, aclosing(pack_tree(root, root, ".", "")) as packed:
        async for chunk in packed:
            yield chunk
