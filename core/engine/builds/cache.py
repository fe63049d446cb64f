"""What builds leave for the next ones: steps by key, and directories for cache mounts."""

import hashlib
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.to_thread import run_sync
from msgspec import Struct
from msgspec.structs import replace

from core.images.store import ImageStore
from core.store.database import Database
from sdk.builder import CachedStep, NewStep
from sdk.engine.builds import CacheEntry
from sdk.oci.digest import Digest, chain_id
from sdk.storage.usage import tree_usage

REGULAR, MOUNT = "regular", "exec.cachemount"


class StepRecord(Struct, frozen=True, omit_defaults=True):
    """A remembered step. Times are wall-clock nanoseconds. What has an `image` lives with it and keeps nothing by itself."""

    stack: tuple[str, ...]
    description: str
    created_ns: int
    note: str = ""
    parent: str = ""
    last_used_ns: int = 0
    usage_count: int = 0
    image: str = ""
    empty: bool = False


class MountRecord(Struct, frozen=True):
    """A cache mount's directory, by the name of that directory."""

    cache_id: str
    created_ns: int
    last_used_ns: int
    usage_count: int


class BuildCache:
    """Implements `sdk.builder.StepCache`. Steps are held in memory and written through; uses are written by `flush`."""

    def __init__(self, database: Database, images: ImageStore, directory: Path) -> None:
        self._steps = database.table("build_steps", StepRecord)
        self._mounts = database.table("build_mounts", MountRecord)
        self._database = database
        self._images = images
        self._layers = images.layers
        self._directory = directory
        self._records = dict(self._steps.items())
        self._used: set[str] = set()
        self._locks: dict[str, anyio.Lock] = {}
        self._busy: dict[str, int] = {}
        self._keep_layers()

    async def get(self, key: str) -> CachedStep | None:
        record = self._records.get(key)
        if record is None or not self._exists(record):
            return None
        if record.image:
            return CachedStep((), record.note, record.image)
        self._records[key] = replace(record, last_used_ns=time.time_ns(), usage_count=record.usage_count + 1)
        self._used.add(key)
        return CachedStep(tuple(Digest(diff_id) for diff_id in record.stack), record.note)

    async def put(self, key: str, new: NewStep) -> None:
        stack = () if new.step.image else new.step.stack
        record = StepRecord(
            stack, new.description, time.time_ns(), new.step.note, new.parent, image=new.step.image, empty=new.empty
        )
        self._records[key] = record
        self._steps.put(key, record)
        if record.stack:
            self._layers.kept.add(_top(record))

    def flush(self) -> None:
        """Write down which steps were used, and forget those whose image is gone."""
        used, self._used = self._used, set()
        gone = [key for key, record in self._records.items() if record.image and record.image not in self._images]
        if not used and not gone:
            return
        with self._database.transaction():
            for key in gone:
                self._steps.delete(key)
                del self._records[key]
            for key in used & self._records.keys():
                self._steps.put(key, self._records[key])

    @asynccontextmanager
    async def mount(self, cache_id: str, sharing: str) -> AsyncIterator[tuple[Path, bool]]:
        name = self._free_name(cache_id, private=sharing == "private")
        lock = self._locks.setdefault(name, anyio.Lock()) if sharing == "locked" else anyio.Lock()
        self._busy[name] = self._busy.get(name, 0) + 1  # before any wait: another step that wants a directory of its own may come
        try:
            async with lock:
                yield self._open(name, cache_id)
        finally:
            self._busy[name] -= 1

    def _free_name(self, cache_id: str, *, private: bool) -> str:
        digest = hashlib.sha256(cache_id.encode()).hexdigest()[:32]
        names = (digest if number == 0 else f"{digest}-{number}" for number in range(1 << 16))
        return next(name for name in names if not (private and self._busy.get(name)))

    def _open(self, name: str, cache_id: str) -> tuple[Path, bool]:
        path, now = self._directory / name, time.time_ns()
        is_new = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        known = self._mounts.get(name) or MountRecord(cache_id, now, 0, 0)
        self._mounts.put(name, replace(known, last_used_ns=now, usage_count=known.usage_count + 1))
        return path, is_new

    async def entries(self, images: Sequence[str]) -> list[CacheEntry]:
        """Return everything; `images` are the ChainIDs that images hold. A layer is counted for the first step that names it."""
        held = self._layers.with_parents(images)
        records = [(key, record) for key, record in self._records.items() if not record.image and self._exists(record)]
        found = [self._step_entry(key, record, held) for key, record in records]
        return [*found, *[await self._mount_entry(name, record) for name, record in self._mounts.items()]]

    async def forget(self, entry: CacheEntry) -> None:
        """Forget an entry; its layers go with the next collection, a mount's directory at once."""
        if entry.type == MOUNT:
            self._mounts.delete(entry.id)
            await run_sync(lambda: shutil.rmtree(self._directory / entry.id, ignore_errors=True))
            return
        self._steps.delete(entry.id)
        self._records.pop(entry.id, None)
        self._keep_layers()

    def _step_entry(self, key: str, record: StepRecord, held: set[str]) -> CacheEntry:
        layer = self._layers.get(_top(record)) if record.stack and not record.empty else None
        return CacheEntry(
            id=key,
            type=REGULAR,
            description=record.description,
            size=layer.size if layer else 0,
            created_ns=record.created_ns,
            last_used_ns=record.last_used_ns,
            usage_count=record.usage_count,
            in_use=False,
            shared=bool(record.stack) and _top(record) in held,
            parents=(record.parent,) if record.parent else (),
        )

    async def _mount_entry(self, name: str, record: MountRecord) -> CacheEntry:
        usage = await run_sync(tree_usage, self._directory / name)
        return CacheEntry(
            id=name,
            type=MOUNT,
            description=f"cached mount {record.cache_id}",
            size=usage.size,
            created_ns=record.created_ns,
            last_used_ns=record.last_used_ns,
            usage_count=record.usage_count,
            in_use=bool(self._busy.get(name)),
            shared=False,
        )

    def _exists(self, record: StepRecord) -> bool:
        if record.image:
            return record.image in self._images
        return not record.stack or _top(record) in self._layers

    def _keep_layers(self) -> None:
        self._layers.kept.clear()
        self._layers.kept.update(self._tops())

    def _tops(self) -> Iterator[str]:
        return (_top(record) for record in self._records.values() if record.stack)


def _top(record: StepRecord) -> str:
    return chain_id(tuple(Digest(diff_id) for diff_id in record.stack))
