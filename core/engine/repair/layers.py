"""Layers whose files are gone, or not what they were: they are unpacked again."""

import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import aclosing

from core.engine.images.context import ImageContext
from core.engine.repair.archives import archive_of, owners
from core.engine.repair.finding import Finding
from core.engine.repair.sources import Sources, remedy
from core.images.garbage import needed_layers
from core.images.layers.store import LayerRecord
from sdk.drivers.storage import SnapshotInfo, SnapshotKind
from sdk.errors import EngineError

GONE = "its files are gone"
UNRECORDED = "it is not recorded"
MISPLACED = "it stands on another layer than it should"
CHANGED = "its files are not what they were"

_log = logging.getLogger(__name__)


async def damaged_layers(context: ImageContext, bad: Collection[str], *, deep: bool) -> Mapping[str, str]:
    """Return the needed layers that are damaged, the lowest first, each with its problem.

    With `deep` files are read, where a recipe says what they must give.
    """
    snapshots = await context.storage.list()
    committed = {info.name: info for info in snapshots if info.kind is SnapshotKind.COMMITTED}
    problems: dict[str, str] = {}
    for chain in _lowest_first(context, needed_layers(context.store, snapshots)):
        record = context.store.layers.get(chain)
        problem = _at_a_glance(committed.get(chain), record)
        if not problem and deep and record and not await _gives_its_tar(context, chain, record, bad):
            problem = CHANGED
        if problem:
            problems[chain] = problem
    return problems


def described(context: ImageContext, chain: str, problem: str) -> Finding:
    """Say what a damaged layer is a finding of."""
    images = owners(context, chain)
    if not images:
        return Finding("layer", chain, problem, "docker rm the containers that stand on it: their image is not here")
    advice = remedy(context, images[0].id)
    if problem in (MISPLACED, CHANGED):
        advice = f"docker rm and docker rmi what stands on it, then {advice}"
    return Finding("layer", chain, problem, advice)


async def mend_layers(context: ImageContext, sources: Sources, problems: Mapping[str, str]) -> None:
    """Unpack damaged layers again. What is there stays until there is something to put in its place, and for as long as something stands
    on it; what is gone is forgotten if nothing brings it back, so that a pull installs it."""
    for chain, problem in problems.items():
        record, archive = _record(context, chain), await archive_of(context, sources, chain)
        try:
            if record and archive:
                await context.installer.unpack_again(chain, record, archive, replace=problem in (MISPLACED, CHANGED))
                continue
        except EngineError as error:
            _log.warning("layer %s cannot be unpacked again: %s", chain, error)
        if problem == GONE:
            context.store.layers.delete(chain)


def _at_a_glance(info: SnapshotInfo | None, record: LayerRecord | None) -> str:
    if info is None:
        return GONE
    if record is None:
        return UNRECORDED
    return "" if (info.parent or "") == record.parent else MISPLACED


async def _gives_its_tar(context: ImageContext, chain: str, record: LayerRecord, bad: Collection[str]) -> bool:
    """Tell whether a layer's files and its recipe give the tar that its diffID names; so it is where no recipe says."""
    if not record.recipe or record.recipe in bad or not context.store.content.exists(record.recipe):
        return True
    try:
        async with aclosing(context.rebuilder.tar(chain, record)) as pieces:
            async for _ in pieces:
                pass
    except EngineError:
        return False
    return True


def _record(context: ImageContext, chain: str) -> LayerRecord | None:
    """Return a layer's record, or what an image says of it."""
    if record := context.store.layers.get(chain):
        return record
    for image in owners(context, chain):
        place = image.chains.index(chain)
        return LayerRecord(image.config.rootfs.diff_ids[place], image.chains[place - 1] if place else "", 0)
    return None


def _lowest_first(context: ImageContext, chains: Iterable[str]) -> list[str]:
    """Sort layers so that each comes after the one it stands on."""
    depths = {chain: len(context.store.layers.with_parents([chain])) for chain in chains}
    for image in context.store:
        depths |= {chain: place + 1 for place, chain in enumerate(image.chains) if chain in depths}
    return sorted(depths, key=lambda chain: (depths[chain], chain))
