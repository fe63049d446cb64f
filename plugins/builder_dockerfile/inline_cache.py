"""A cache that travels with images: their manifests tell which steps made their layers."""

import json

import msgspec

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.state import StageState
from sdk.builder import BaseImage, CachedStep, NewStep
from sdk.engine.builds import CacheImport
from sdk.errors import EngineError
from sdk.oci.image import History
from sdk.oci.reference import parse_reference
from sdk.text import UNREADABLE

STEPS_ANNOTATION = "engine.build.steps"
"""On the manifest: cache keys with the number of layers there were after each step."""

OTHERS_ANNOTATION = "engine.build.caches"
"""On the manifest: how many images of other stages lie beside it, by its tag and `-cache-1` and so on."""

EXPORTED = ("registry", "local")
_told = msgspec.json.Decoder(list[tuple[str, int]])
_TRAVELLING = ("inline", *EXPORTED)


def inline_cache(building: Building, state: StageState, *, others: int = 0) -> dict[str, str]:
    """Return what a manifest tells of the steps, if the cache is to travel with it."""
    wanted = building.arguments.get("BUILDKIT_INLINE_CACHE") == "1" or any(
        export.type in _TRAVELLING for export in building.request.cache_to
    )
    if not wanted:
        return {}
    return {
        **({STEPS_ANNOTATION: json.dumps(state.steps)} if state.steps else {}),
        **({OTHERS_ANNOTATION: str(others)} if others else {}),
    }


async def take_over(building: Building) -> None:
    """Learn the steps of images named as cache sources; one that cannot be had is no cache."""
    for source in building.request.cache_from:
        if source.reference and (image := await _image(building, source.reference)):
            building.sources.append(image)
            await _learn(building, image)
            for name in _beside(source, image):
                if other := await _image(building, name):
                    await _learn(building, other)


async def _image(building: Building, reference: str) -> BaseImage | None:
    request = building.request
    try:
        return await building.host.image(
            reference, request.platform, pull=False, credentials=request.credentials, report=lambda _progress: None
        )
    except EngineError:
        return None


async def _learn(building: Building, image: BaseImage) -> None:
    for key, count in _steps(image):
        if await building.host.cache.get(key) is None:
            step = CachedStep(image.stack[:count], _step_time(image.config.history, count))
            await building.host.cache.put(key, NewStep(step, f"from {image.name}"))


def _steps(image: BaseImage) -> list[tuple[str, int]]:
    """Return the steps that a manifest tells; what is malformed tells nothing."""
    try:
        told = _told.decode(image.annotations.get(STEPS_ANNOTATION, "[]"))
    except UNREADABLE:
        return []
    return [(key, count) for key, count in told if 0 < count <= len(image.stack)]


def _beside(source: CacheImport, image: BaseImage) -> list[str]:
    others = whole_number(image.annotations.get(OTHERS_ANNOTATION, ""))
    if source.type != "registry" or others is None:
        return []
    reference = parse_reference(source.reference)
    return [f"{reference.familiar_name}:{reference.tag}-cache-{number}" for number in range(1, min(others, _MOST) + 1)]


_MOST = 64
"""Stages whose images are asked for."""


def _step_time(history: tuple[History, ...], count: int) -> str:
    layers = [entry for entry in history if not entry.empty_layer]
    return layers[count - 1].created if count <= len(layers) else ""
