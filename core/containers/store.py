"""All containers: found by ID, prefix or name, written through to the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from msgspec.structs import replace

from core.containers.live import LiveContainer
from core.containers.record import ContainerRecord
from core.store.database import Database
from sdk.engine.containers import ContainerState
from sdk.errors import EngineError, InvalidArgument, NameInUse, NoSuchContainer


class ContainerStore:
    """Containers in memory, their records on disk. Every save is one row; the row is written before memory changes."""

    def __init__(self, database: Database) -> None:
        self._table = database.table("containers", ContainerRecord)
        self._by_id: dict[str, LiveContainer] = {}
        self._by_name: dict[str, str] = {}

    def load(self) -> list[ContainerRecord]:
        """Fill memory from the database; return the records whose creation or removal was interrupted."""
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
        """Return the container a client means. Raises NoSuchContainer, InvalidArgument (ambiguous prefix)."""
        name = ref.removeprefix("/")
        found = self._by_id.get(name) or self._by_id.get(self._by_name.get(name, ""))
        if found is not None:
            return found
        matches = [identity for identity in self._by_id if name and identity.startswith(name)]
        if not matches:
            raise NoSuchContainer(ref)
        if len(matches) > 1:
            raise InvalidArgument(f"Multiple IDs found with provided prefix: {ref}")
        return self._by_id[matches[0]]

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
        """Take the name and note on disk that a container is being made, as one that a crash must clear away. Raises NameInUse."""
        self._claim(record.name, record.id)
        self._table.put(record.id, replace(record, state=ContainerState.REMOVING))

    def insert(self, record: ContainerRecord) -> LiveContainer:
        """Make a reserved container known."""
        self._table.put(record.id, record)
        live = LiveContainer(record)
        self._by_id[record.id] = live
        self._by_name[record.name] = record.id
        return live

    def save(self, live: LiveContainer, record: ContainerRecord) -> None:
        """Persist a new record of a container and make it the present one."""
        self._table.put(record.id, record)
        live.record = record
        live.info = None

    def rename(self, live: LiveContainer, name: str) -> None:
        """Give a container another name. Raises NameInUse."""
        self._claim(name, live.id)
        del self._by_name[live.name]
        self.save(live, replace(live.record, name=name))

    def forget(self, container_id: str, name: str) -> None:
        """Delete a container's record and free its name; idempotent."""
        self._table.delete(container_id)
        self._by_id.pop(container_id, None)
        if self._by_name.get(name) == container_id:
            del self._by_name[name]

    def _claim(self, name: str, container_id: str) -> None:
        holder = self._by_name.get(name)
        if holder is not None:
            raise NameInUse(name, holder)
        self._by_name[name] = container_id
