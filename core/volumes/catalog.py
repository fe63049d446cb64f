"""All volumes of all drivers: their records, who uses them, and their mounts for containers."""

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

import anyio
from msgspec.structs import replace

from core.drivers import Drivers
from core.events.bus import EventBus
from core.store.database import Database
from core.volumes.drivers import coming_drivers, find_driver
from core.volumes.record import ANONYMOUS_LABEL, VolumeRecord
from core.volumes.uses import Uses
from sdk.drivers.volume import DriverVolume, VolumeDriver
from sdk.engine.volumes import VolumeCreate, VolumeInfo
from sdk.errors import Conflict, EngineError, InvalidArgument, NoSuchVolume, NotFound
from sdk.events import EventType
from sdk.providers import Kind

_log = logging.getLogger(__name__)
_BOOT_SECONDS = 2.0

_Present = Mapping[str, DriverVolume]
"""The volumes that a driver has, by name."""

InUse = Callable[[], Iterable[tuple[str, Iterable[str]]]]
"""Return every container's ID with the names of the volumes it mounts."""


class VolumeMount(Protocol):
    """One volume at one place in a container."""

    @property
    def name(self) -> str: ...
    @property
    def destination(self) -> str: ...
    @property
    def writable(self) -> bool: ...
    @property
    def propagation(self) -> str: ...


class VolumeCatalog:
    """Lives on the event loop; records are in memory and on disk. A record is written before its volume is made and deleted after the
    volume is gone, so a crash leaves at worst a record without a volume, which `reconcile` settles."""

    def __init__(self, database: Database, drivers: Drivers, events: EventBus, in_use: InUse, uses: Uses) -> None:
        self._table = database.table("volumes", VolumeRecord)
        self._records: dict[str, VolumeRecord] = dict(self._table.items())
        self._drivers = drivers
        self._events = events
        self._in_use = in_use
        self._uses = uses
        self._claims: defaultdict[str, set[str]] = defaultdict(set)
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    # -----------------------------------------------------------------------------------------------------------------
    # What there is
    # -----------------------------------------------------------------------------------------------------------------

    def records(self) -> tuple[VolumeRecord, ...]:
        """Return all volumes."""
        return tuple(self._records.values())

    def find(self, name: str) -> VolumeRecord:
        """Return one volume. Raises NoSuchVolume."""
        try:
            return self._records[name]
        except KeyError:
            raise NoSuchVolume(name) from None

    def users(self, name: str) -> tuple[str, ...]:
        """Return the IDs of the containers that use a volume, also of those still being made."""
        recorded = [container for container, names in self._in_use() if name in names]
        return tuple(
            recorded + [container for container, names in self._claims.items() if name in names and container not in recorded]
        )

    async def size(self, record: VolumeRecord) -> int:
        """Return the bytes a volume takes, -1 if its driver cannot tell."""
        return await find_driver(self._drivers, record.driver).size(record.name)

    async def usage(self) -> list[VolumeInfo]:
        """Return all volumes with their sizes and numbers of users."""
        return [record.info(size=await self.size(record), users=len(self.users(record.name))) for record in self.records()]

    # -----------------------------------------------------------------------------------------------------------------
    # Making and removing
    # -----------------------------------------------------------------------------------------------------------------

    async def create(self, request: VolumeCreate) -> VolumeRecord:
        """Make a volume, or return the one of that name. Raises InvalidArgument, Conflict (other driver or options), NotFound (driver)."""
        name = request.name or secrets.token_hex(32)
        async with self._lock(name):
            return self._existing(name, request) or await self._create(name, request)

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Delete a volume and its data. Raises NoSuchVolume, Conflict while containers use it.

        With `force` a volume whose driver is not there any more is forgotten; its data stay.
        """
        async with self._lock(name):
            record = self.find(name)
            users = self.users(name)
            if users:
                raise Conflict(f"remove {name}: volume is in use - [{', '.join(users)}]")
            await self._remove(record, force=force)

    def _existing(self, name: str, request: VolumeCreate) -> VolumeRecord | None:
        record = self._records.get(name)
        if record is None:
            return None
        if request.driver and request.driver != record.driver:
            raise Conflict(f"create {name}: conflict: volume name must be unique")
        if request.options and dict(request.options) != record.options:
            raise Conflict(f"create {name}: conflict: volume exists with other driver options")
        return record

    async def _create(self, name: str, request: VolumeCreate, pending_for: str = "") -> VolumeRecord:
        anonymous = not request.name
        record = VolumeRecord(
            name=name,
            driver=request.driver or self._drivers.volume_name,
            mountpoint="",
            created_ns=time.time_ns(),
            labels={**request.labels, **({ANONYMOUS_LABEL: ""} if anonymous else {})},
            options=dict(request.options),
            pending_for=pending_for,
        )
        self._table.put(name, record)
        try:
            record = replace(record, mountpoint=await self._make(record))
        except BaseException:
            self._table.delete(name)
            raise
        self._save(record)
        self._emit("create", record, {})
        return record

    async def _make(self, record: VolumeRecord) -> str:
        try:
            made = await find_driver(self._drivers, record.driver).create(record.name, record.options)
        except InvalidArgument as error:
            raise InvalidArgument(f"create {record.name}: {error}") from error
        except NotFound as error:
            raise NotFound(f"create {record.name}: {error}") from error
        return str(made.mountpoint)

    async def _remove(self, record: VolumeRecord, *, force: bool) -> None:
        try:
            driver = find_driver(self._drivers, record.driver)
        except NotFound:
            if not force:
                raise
            _log.warning(
                "volume %s is forgotten without its driver %s, which is not there: its data stay", record.name, record.driver
            )
        else:
            await driver.remove(record.name)
        self._table.delete(record.name)
        del self._records[record.name]
        self._emit("destroy", record, {})

    def _save(self, record: VolumeRecord) -> None:
        self._table.put(record.name, record)
        self._records[record.name] = record

    # -----------------------------------------------------------------------------------------------------------------
    # For containers
    # -----------------------------------------------------------------------------------------------------------------

    async def acquire(self, request: VolumeCreate, container_id: str) -> VolumeInfo:
        """Make or find a volume for a container that is being created; from now on it is in use. Raises what `create` raises."""
        name = request.name or secrets.token_hex(32)
        async with self._lock(name):
            record = self._existing(name, request) or await self._create(name, request, container_id)
            self._claims[container_id].add(name)
            return record.info()

    def keep(self, container_id: str) -> None:
        """Learn that a container's record is on disk: from now on that record says what it uses."""
        for name in self._claims.pop(container_id, ()):
            record = self._records[name]
            if record.pending_for:
                self._save(replace(record, pending_for=""))

    async def abandon(self, container_id: str, *, named: bool = False) -> None:
        """Give up what was acquired for a container that did not come to be: anonymous volumes made for it go, and with `named` all.
        Idempotent."""
        for name in self._claims.pop(container_id, ()):
            record = self._records.get(name)
            if record is None or record.pending_for != container_id:
                continue
            if record.anonymous or named:
                await self.remove(name)
            else:
                self._save(replace(record, pending_for=""))

    async def remove_unused(self, names: Iterable[str]) -> None:
        """Delete those volumes that no container uses any more: the anonymous ones of a removed container."""
        for name in names:
            if name in self._records and not self.users(name):
                await self.remove(name)

    async def mount(self, mount: VolumeMount, container_id: str) -> Path:
        """Make a volume's data available to a container that starts; return the directory to bind. Idempotent."""
        record = self.find(mount.name)
        directory = await self._mounted(record, container_id)
        details = {"destination": mount.destination, "propagation": mount.propagation, "read/write": str(mount.writable).lower()}
        self._emit("mount", record, {"container": container_id, **details})
        return directory

    async def unmount(self, mount: VolumeMount, container_id: str) -> None:
        """Undo `mount`; idempotent, also for a volume that is gone."""
        record = self._records.get(mount.name)
        if record is None:
            return
        await self._unmounted(record, container_id)
        self._emit("unmount", record, {"container": container_id})

    @asynccontextmanager
    async def opened(self, name: str, user: str) -> AsyncIterator[Path]:
        """Make a volume's data available for the engine's own work on behalf of `user`."""
        record = self.find(name)
        holder = f"{user}.{secrets.token_hex(4)}"
        directory = await self._mounted(record, holder)
        try:
            yield directory
        finally:
            with anyio.CancelScope(shield=True):
                await self._unmounted(record, holder)

    async def _mounted(self, record: VolumeRecord, user: str) -> Path:
        """Let the driver mount a volume for a user. Raises EngineError that names the place, as Docker's does."""
        self._uses.enter(record.name, user)
        try:
            return await find_driver(self._drivers, record.driver).mount(record.name, user)
        except EngineError as error:
            raise EngineError(f"error while mounting volume '{record.mountpoint}': {error}") from error

    async def _unmounted(self, record: VolumeRecord, user: str) -> None:
        await find_driver(self._drivers, record.driver).unmount(record.name, user)
        self._uses.strike(record.name, user)

    def begin_copy(self, name: str, subpath: str, since_ns: int) -> None:
        """Note on disk that an image's files are copied into an empty directory of a volume, for the case that this is cut off. Nothing for a
        volume that goes as a whole then."""
        record = self.find(name)
        if not record.pending_for:
            self._save(replace(record, copying={**record.copying, subpath: since_ns}))

    def end_copy(self, name: str, subpath: str) -> None:
        """Learn that the directory is full, or empty again; idempotent."""
        record = self._records.get(name)
        if record is not None and subpath in record.copying:
            self._save(replace(record, copying={path: since for path, since in record.copying.items() if path != subpath}))

    @asynccontextmanager
    async def held(self, name: str, user: str) -> AsyncIterator[None]:
        """Keep a volume from being removed while the engine works on it on behalf of `user`. Raises NoSuchVolume."""
        self.find(name)
        claim = f"{user}.{secrets.token_hex(4)}"
        self._claims[claim].add(name)
        try:
            yield
        finally:
            del self._claims[claim]

    @asynccontextmanager
    async def filling(self, request: VolumeCreate, user: str) -> AsyncIterator[None]:
        """Make a new volume that `user` fills; it is gone again should that fail, or the daemon be killed. Raises Conflict (name)."""
        claim = f"{user}.{secrets.token_hex(4)}"
        async with self._lock(request.name):
            if request.name in self._records:
                raise Conflict(f"create {request.name}: conflict: volume name must be unique")
            await self._create(request.name, request, claim)
            self._claims[claim].add(request.name)
        try:
            yield
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.abandon(claim, named=True)
            raise
        self.keep(claim)

    # -----------------------------------------------------------------------------------------------------------------
    # Boot
    # -----------------------------------------------------------------------------------------------------------------

    async def reconcile(self) -> None:
        """Bring records and drivers together after a crash; call it once containers are known.

        Volumes a driver has without a record get one. Records of unused volumes that their driver does not have are dropped, and
        anonymous volumes made for a container that never came to be are removed. Raises StartupError if the chosen driver is broken,
        ResourceExhausted if there is no room for records.
        """
        for name, driver in self._drivers.volumes.items():
            present: _Present | None = None
            with self._drivers.at_boot(Kind.VOLUME, name, "list"):
                present = await _present(driver)
            if present is not None:
                self._compare(name, present)
        async with anyio.create_task_group() as tasks:
            for name, driver in coming_drivers(self._drivers).items():
                tasks.start_soon(self._compare_if_it_answers, name, driver)
        for record in self.records():
            if record.pending_for:
                await self._keep_or_remove(record)

    async def release_others(self, users: Collection[str]) -> None:
        """At boot, undo what an earlier daemon had mounted for others than these users. A driver that fails is asked at the next boot again."""
        for name, user in self._uses.of_others(users):
            record = self._records.get(name)
            if record is None:
                self._uses.strike(name, user)
                continue
            try:
                await self._unmounted(record, user)
            except EngineError as error:
                _log.warning("volume %s stays mounted for %s: %s", name, user, error)

    def _compare(self, driver_name: str, present: _Present) -> None:
        for volume in present.values():
            self._adopt(driver_name, volume)
        for record in self.records():
            if record.driver == driver_name and record.name not in present and not self.users(record.name):
                self._table.delete(record.name)
                del self._records[record.name]

    async def _compare_if_it_answers(self, driver_name: str, driver: VolumeDriver) -> None:
        """What another process keeps is compared if that process answers soon; else its records stand."""
        try:
            with anyio.fail_after(_BOOT_SECONDS):
                present = await _present(driver)
            self._compare(driver_name, present)
        except (EngineError, TimeoutError) as error:
            _log.warning("volumes of driver %s are not compared with what it has: %s", driver_name, error or "it does not answer")

    def _adopt(self, driver: str, volume: DriverVolume) -> None:
        known = self._records.get(volume.name)
        mountpoint = str(volume.mountpoint)
        if known is None:
            options = dict(volume.options)
            self._save(
                VolumeRecord(name=volume.name, driver=driver, mountpoint=mountpoint, created_ns=volume.created_ns, options=options)
            )
        elif known.driver == driver and known.mountpoint != mountpoint:
            self._save(replace(known, mountpoint=mountpoint))

    async def _keep_or_remove(self, record: VolumeRecord) -> None:
        if self.users(record.name):
            self._save(replace(record, pending_for=""))
        else:
            await self.remove(record.name)

    def _lock(self, name: str) -> anyio.Lock:
        return self._locks.setdefault(name, anyio.Lock())

    def _emit(self, action: str, record: VolumeRecord, attributes: Mapping[str, str]) -> None:
        self._events.emit(EventType.VOLUME, action, record.name, {"driver": record.driver, **attributes})


async def _present(driver: VolumeDriver) -> _Present:
    return {volume.name: volume for volume in await driver.list()}
