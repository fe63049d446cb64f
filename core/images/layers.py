"""Committed layers by ChainID: which stack stands in storage, what each layer takes and which blob it came from."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from core.images.locks import KeyedLocks
from core.images.pins import Pins
from core.store.database import Database
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import ChainID


class LayerRecord(Struct, frozen=True, omit_defaults=True):
    """One committed layer. `size` is what its files take unpacked; `blob` the archive it was unpacked from."""

    diff_id: str
    parent: str
    size: int
    blob: Descriptor | None = None


class Layers:
    """The table of committed layers, held in memory and written through. Who commits or removes a layer holds its lock.

    `kept` are those the build cache holds on to.
    """

    def __init__(self, database: Database) -> None:
        self._table = database.table("layers", LayerRecord)
        self._records = dict(self._table.items())
        self.locks = KeyedLocks()
        self.pins = Pins()
        self.kept: set[str] = set()

    def __contains__(self, chain: str) -> bool:
        return chain in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def get(self, chain: str) -> LayerRecord | None:
        return self._records.get(chain)

    def size(self, chains: Iterable[str]) -> int:
        """Return what some layers take together, in bytes."""
        return sum(record.size for chain in set(chains) if (record := self._records.get(chain)))

    def put(self, chain: ChainID, record: LayerRecord) -> None:
        self._table.put(chain, record)
        self._records[chain] = record

    def delete(self, chain: str) -> None:
        """Forget a layer; idempotent."""
        self._table.delete(chain)
        self._records.pop(chain, None)

    def with_parents(self, chains: Iterable[str]) -> set[str]:
        """Return the chains together with every layer below them."""
        closed: set[str] = set()
        for chain in chains:
            current = chain
            while current and current not in closed:
                closed.add(current)
                record = self._records.get(current)
                current = record.parent if record else ""
        return closed
