"""Committed layers by ChainID: which stack stands in storage, what each layer takes and which blob it came from."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from core.images.content.locks import KeyedLocks
from core.images.content.pins import Pins
from core.store.database import Database
from sdk.oci.descriptor import OCI_LAYER, Descriptor


class LayerRecord(Struct, frozen=True, omit_defaults=True):
    """One committed layer. `size` is what its files take unpacked; `blob` the archive it was unpacked from, or last given away as.

    That archive may have been dropped: then `recipe`, a blob, gives back a tar of `tar_size` bytes (`core.images.layers.rebuild`).
    """

    diff_id: str
    parent: str
    size: int
    blob: Descriptor | None = None
    recipe: str = ""
    tar_size: int = 0

    def with_recipe(self, digest: str, tar_size: int) -> "LayerRecord":
        return replace(self, recipe=digest, tar_size=tar_size)

    def given_as(self, blob: Descriptor) -> "LayerRecord":
        return replace(self, blob=blob)

    @property
    def tar(self) -> Descriptor | None:
        """Describe the tar that can be rebuilt; None without a recipe."""
        return Descriptor(OCI_LAYER, self.diff_id, self.tar_size) if self.recipe else None


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

    def rebuildable(self, diff_id: str) -> tuple[str, LayerRecord] | None:
        """Return a layer whose tar has this digest and can be rebuilt."""
        found = ((chain, record) for chain, record in self._records.items() if record.diff_id == diff_id and record.recipe)
        return next(found, None)

    def put(self, chain: str, record: LayerRecord) -> None:
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
