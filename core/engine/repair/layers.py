"""Layers: which have their files, which can be unpacked again, which are lost."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import aclosing
from enum import StrEnum

from core.engine.image_context import ImageContext
from core.engine.repair.finding import Finding
from core.images.layers import LayerRecord
from core.images.manifests import own_manifest
from sdk.drivers.storage import SnapshotKind
from sdk.errors import EngineError
from sdk.oci.descriptor import Descriptor

LOST_FILES, CHANGED_FILES = "its files are gone", "its files are not what they were"


class LayerState(StrEnum):
    """How a recorded layer is. A `bare` one has its files, but neither archive nor recipe: it runs and cannot be given away."""

    WHOLE = "whole"
    BARE = "bare"
    UNPACKABLE = "unpackable"
    LOST = "lost"
    CHANGED = "changed"


async def layer_states(context: ImageContext, bad: Collection[str], *, deep: bool) -> dict[str, LayerState]:
    """Judge every recorded layer; `bad` blobs count as absent. With `deep` files are read, where a recipe says what they must give."""
    archives = present_archives(context, bad)
    committed = {info.name for info in await context.storage.list() if info.kind is SnapshotKind.COMMITTED}
    states: dict[str, LayerState] = {}
    for chain, record in _records(context):
        has_recipe = bool(record.recipe) and context.store.content.exists(record.recipe) and record.recipe not in bad
        if chain not in committed:
            states[chain] = LayerState.UNPACKABLE if chain in archives else LayerState.LOST
        elif deep and has_recipe and not await _gives_its_tar(context, chain, record):
            states[chain] = LayerState.CHANGED
        else:
            states[chain] = LayerState.WHOLE if has_recipe or chain in archives else LayerState.BARE
    return states


async def unpack_again(context: ImageContext, states: dict[str, LayerState], bad: Collection[str]) -> list[Finding]:
    """Unpack what can be unpacked, the lowest first, and change the states to what came of it."""
    archives, findings = present_archives(context, bad), []
    for chain, record in sorted(_records(context), key=lambda entry: len(context.store.layers.with_parents([entry[0]]))):
        if states[chain] is not LayerState.UNPACKABLE:
            continue
        states[chain] = LayerState.LOST
        if states.get(record.parent) in (LayerState.LOST, LayerState.UNPACKABLE):
            continue
        try:
            await context.installer.unpack_again(chain, record, archives[chain])
        except EngineError as error:
            findings.append(Finding("layer", chain, f"{LOST_FILES}, and its archive does not give them: {error}"))
            continue
        states[chain] = LayerState.WHOLE
        findings.append(Finding("layer", chain, LOST_FILES, "unpacked again", is_mended=True))
    return findings


def forget_recipes(context: ImageContext, bad: Collection[str]) -> None:
    """Forget recipes that are damaged or gone."""
    for chain, record in _records(context):
        if record.recipe and (record.recipe in bad or not context.store.content.exists(record.recipe)):
            context.store.layers.put(chain, record.with_recipe("", 0))


def present_archives(context: ImageContext, bad: Collection[str]) -> Mapping[str, Descriptor]:
    """Return an archive of each layer that has one."""
    content = context.store.content
    return {chain: blob for chain, blob in _archives(context) if blob.digest not in bad and content.exists(blob.digest)}


def _archives(context: ImageContext) -> Iterator[tuple[str, Descriptor]]:
    for image in context.store:
        try:
            manifest = own_manifest(context.store, image).manifest
        except EngineError:
            continue
        yield from zip(image.chains, manifest.layers, strict=False)
    for chain, record in _records(context):
        if record.blob:
            yield chain, record.blob


def _records(context: ImageContext) -> list[tuple[str, LayerRecord]]:
    layers = context.store.layers
    return [(chain, record) for chain in tuple(layers) if (record := layers.get(chain))]


async def _gives_its_tar(context: ImageContext, chain: str, record: LayerRecord) -> bool:
    """Tell whether a layer's files and its recipe give the tar that its diffID names."""
    try:
        async with aclosing(context.rebuilder.tar(chain, record)) as pieces:
            async for _ in pieces:
                pass
    except EngineError:
        return False
    return True
