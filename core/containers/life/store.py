"""All containers: found by ID, prefix or name, written through to the database."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from msgspec.structs import replace

from core.containers.life.link_index import LinkIndex
from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.store.database import Database
from sdk.engine.containers import ContainerState
from sdk.errors import EngineError, InvalidArgument, NameInUse, NoSuchContainer, ResourceExhausted

_log = logging.getLogger(__name__)


class ContainerStore:
    """Containers in memory, their records on disk. Every save is one row; the row is written before memory changes.

    A container is on disk when it is made whole. One that is gone is on disk as being removed until its row is deleted, a moment later.
    """

    def __init__(self, database: Database) -> None:
        self._table = database.table("containers", ContainerRecord)
        self._by_id: dict[str, LiveContainer] = {}
        self._by_name: dict[str, str] = {}
        self._unwritten: dict[str, ContainerRecord] = {}
        self._links = LinkIndex()

    def load(self) -> list[ContainerRecord]:
        """Fill memory from the database; return the records whose removal was interrupted."""
        unfinished = []
        for record in self._table.values():
            if record.state is ContainerState.REMOVING:
                unfinished.append(record)
            else:
                self.insert(record)
        return unfinished

    def __iter__(self) -> Iterator[LiveContainer]:
        return iter(tuple(self._by_id.values()))

    def __contains__(self, container_id: str) -> bool:
        return container_id in self._by_id

    @property
    def names(self) -> dict[str, str]:
        """Names in use and whose they are."""
        return self._by_name

    def find(self, ref: str) -> LiveContainer:
        """Return the container a client means: by its ID, a prefix of it, its name or a link's, `web/db`.

        Raises NoSuchContainer, InvalidArgument (ambiguous prefix).
        """
        name = ref.removeprefix("/")
        found = self._by_id.get(name) or self._by_id.get(self._by_name.get(name, "")) or self._linked(name)
        if found is not None:
            return found
        matches = [identity for identity in self._by_id if name and identity.startswith(name)]
        if not matches:
            raise NoSuchContainer(ref)
        if len(matches) > 1:
            raise InvalidArgument(f"Multiple IDs found with provided prefix: {ref}")
        return self._by_id[matches[0]]

    def link_names(self, container_id: str) -> tuple[str, ...]:
        """Return a container's further names, by which others are linked to it: `web/db`."""
        parents = self._links.leading_to(container_id)
        named = [f"{self._by_id[parent].name}/{alias}" for parent, aliases in parents.items() for alias in aliases]
        return tuple(sorted(named)) if named else ()

    def get(self, container_id: str) -> LiveContainer | None:
        """Return a container by its full ID."""
        return self._by_id.get(container_id)

    @asynccontextmanager
    async def hold(self, live: LiveContainer) -> AsyncIterator[None]:
        """Hold a container's lock. Raises NoSuchContainer if it was removed while others held it."""
        async with live.lock:
            if live.id not in self:
                raise NoSuchContainer(live.id)
            yield

    @contextmanager
    def unless_removed(self, live: LiveContainer) -> Iterator[None]:
        """Say of a failure to work with a container's files that it was removed meanwhile, if it was. Raises NoSuchContainer."""
        try:
            yield
        except (OSError, EngineError) as error:
            if live.id in self and live.record.state is not ContainerState.REMOVING:
                raise
            raise NoSuchContainer(live.id) from error

    def reserve(self, record: ContainerRecord) -> None:
        """Take the name of a container that is being made. Raises NameInUse."""
        self._claim(record.name, record.id)

    def insert(self, record: ContainerRecord) -> LiveContainer:
        """Make a reserved container known."""
        self._table.put(record.id, record)
        live = LiveContainer(record)
        self._by_id[record.id] = live
        self._by_name[record.name] = record.id
        if record.links:
            self._relink(record)
        return live

    def save(self, live: LiveContainer, record: ContainerRecord) -> None:
        """Persist a new record of a container and make it the present one."""
        self._table.put(record.id, record)
        self._unwritten.pop(record.id, None)
        relinked = record.links != live.record.links
        live.take(record)
        if relinked:
            self._relink(record)

    def keep(self, live: LiveContainer, record: ContainerRecord) -> None:
        """Make a record of what is true already the present one, and persist it: now or, where the disk is full, as soon as there is room."""
        live.take(record)
        was_written = not self._unwritten
        self._unwritten[record.id] = record
        if not self.flush() and was_written:
            _log.error("container %s: its state is not on disk yet, which cannot be written", record.id)

    def flush(self) -> bool:
        """Persist what is not yet; return whether all is."""
        for container_id, record in tuple(self._unwritten.items()):
            try:
                self._table.put(container_id, record)
            except ResourceExhausted:
                return False
            del self._unwritten[container_id]
        return True

    def is_written(self, container_id: str) -> bool:
        """Tell whether a container's present record is on disk."""
        return container_id not in self._unwritten

    def rename(self, live: LiveContainer, name: str) -> None:
        """Give a container another name. Raises NameInUse; it has its old one then, also where the new one cannot be written."""
        old = live.name
        self._claim(name, live.id)
        try:
            self.save(live, replace(live.record, name=name))
        except BaseException:
            del self._by_name[name]
            raise
        del self._by_name[old]
        self._describe_neighbours_anew(live.record)

    def forget(self, container_id: str, name: str) -> None:
        """Delete a container's record and free its name; idempotent."""
        self._table.delete_later(container_id)
        self._unwritten.pop(container_id, None)
        gone = self._by_id.pop(container_id, None)
        if gone is not None:
            self._describe_neighbours_anew(gone.record)
            self._links.remove(container_id)
        if self._by_name.get(name) == container_id:
            del self._by_name[name]

    def _linked(self, name: str) -> LiveContainer | None:
        parent, slash, alias = name.rpartition("/")
        if not slash:
            return None
        live = self._by_id.get(self._by_name.get(parent, ""))
        return self._by_id.get((live.record.links or {}).get(alias, "")) if live is not None else None

    def _relink(self, record: ContainerRecord) -> None:
        self._describe_neighbours_anew(record)
        self._links.put(record)
        self._describe_neighbours_anew(record)

    def _describe_neighbours_anew(self, record: ContainerRecord) -> None:
        """Drop the descriptions of containers that are linked to this one, or it to them: they tell of its name or its links."""
        for container_id in (*(record.links or {}).values(), *self._links.leading_to(record.id)):
            if (live := self._by_id.get(container_id)) is not None:
                live.changed()

    def _claim(self, name: str, container_id: str) -> None:
        holder = self._by_name.get(name)
        if holder is not None:
            raise NameInUse(name, holder)
        self._by_name[name] = container_id
