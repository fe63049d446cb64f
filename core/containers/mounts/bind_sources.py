"""Sources of bind mounts on the host. A path may be on a file system that hangs, so it is only looked at from threads."""

import os
from collections.abc import Iterable

import anyio

from core.containers.mounts.record import MountRecord
from sdk.engine.mounts import invalid_mount
from sdk.errors import InvalidArgument

_limiter = anyio.CapacityLimiter(8)


async def check_sources(records: Iterable[MountRecord]) -> None:
    """Raise InvalidArgument unless every source exists that is not made at start. Does nothing, quickly, without bind mounts."""
    paths = [record.source for record in records if record.type == "bind" and not record.create_source]
    if paths:
        await anyio.to_thread.run_sync(_check, paths, limiter=_limiter)


async def make_sources(records: Iterable[MountRecord]) -> None:
    """Make missing sources as directories, where that is wanted. Raises InvalidArgument for one that is missing or cannot be made."""
    binds = [record for record in records if record.type == "bind"]
    if binds:
        await anyio.to_thread.run_sync(_make, binds, limiter=_limiter)


def _make(binds: Iterable[MountRecord]) -> None:
    for bind in binds:
        if bind.create_source and not os.path.exists(bind.source):
            _make_directory(bind.source)
    _check([bind.source for bind in binds])


def _check(paths: Iterable[str]) -> None:
    for path in paths:
        if not os.path.exists(path):
            raise invalid_mount("bind", f"bind source path does not exist: {path}")


def _make_directory(path: str) -> None:
    try:
        os.makedirs(path, mode=0o755, exist_ok=True)  # another container that has the same source may have made it
    except OSError as error:
        reason = f"mkdir {error.filename}: {(error.strerror or '').lower()}"
        raise InvalidArgument(f"error while creating mount source path '{path}': {reason}") from error
