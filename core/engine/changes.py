"""`docker diff`: what a container changed in its image's files."""

from collections.abc import Sequence

from sdk.drivers.storage import Change, StorageDriver


async def changes(storage: StorageDriver, key: str) -> Sequence[Change]:
    """Return the changes, sorted by path. Raises NoSuchSnapshot."""
    return await storage.changes(key)
