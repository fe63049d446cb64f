"""From the target's last state to an image."""

import json
from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.building import Building, key_of
from plugins.builder_dockerfile.progress import vertex_of
from plugins.builder_dockerfile.state import StageState
from sdk.drivers.builder import CachedStep, NewImage, NewStep
from sdk.engine.build_events import BuildResult, Vertex
from sdk.engine.builds import Store
from sdk.errors import EngineError, NoSuchImage
from sdk.oci.descriptor import Platform
from sdk.oci.image import History, ImageConfig, RootFS
from sdk.oci.reference import parse_reference

V = TypeVar("V")

STEPS_ANNOTATION = "engine.build.steps"
"""Inline cache: on the manifest, cache keys with the number of layers there were after each step."""


async def finish(building: Building, state: StageState) -> BuildResult:
    """Store the image if that is wanted, and return the result."""
    request = building.request
    config = await _config(building, state)
    if request.store is Store.NOTHING:
        return BuildResult("", None, config)
    names = tuple(parse_reference(tag).familiar for tag in request.tags)
    vertex = Vertex(vertex_of("export"), "exporting to image")
    async with building.telling.step(vertex) as step:
        image_id, descriptor = await building.host.store(
            NewImage(
                stack=state.stack,
                config=config,
                tags=request.tags,
                parent=state.parent_image,
                annotations=_annotations(building, state),
            )
        )
        step.change(result=image_id)
    return BuildResult(image_id, descriptor, config, names)


async def finish_classic(building: Building, state: StageState) -> BuildResult:
    """Name the image of the last step, and return the result."""
    host, request = building.host, building.request
    image = host.known(state.parent_image)
    if image is None:
        raise NoSuchImage(state.parent_image)
    names = tuple(parse_reference(tag).familiar for tag in request.tags)
    return BuildResult(image.id, await host.name(image.id, request.tags), image.config, names)


async def _config(building: Building, state: StageState) -> ImageConfig:
    config = with_fields(state.config, labels={**state.config.labels, **building.request.labels})
    created = await _created(building, state, msgspec.json.encode(config))
    history = tuple(_timed(entry, created) for entry in state.history)
    return image_config(building, replace(state, config=config, history=history), created)


def image_config(building: Building, state: StageState, created: str) -> ImageConfig:
    """Return what is stored of a state. Ports, volumes and labels are in order: the same image written in another order is the same."""
    platform, config = _platform(building), state.config
    config = with_fields(
        config, exposed_ports=_sorted(config.exposed_ports), volumes=_sorted(config.volumes), labels=_sorted(config.labels)
    )
    return ImageConfig(
        architecture=platform.architecture,
        os=platform.os,
        variant=platform.variant,
        rootfs=RootFS(state.stack),
        config=config,
        created=created,
        author=state.author,
        history=state.history,
    )


def _sorted(values: dict[str, V]) -> dict[str, V]:
    return dict(sorted(values.items()))


def _platform(building: Building) -> Platform:
    stage = building.plan.stages[building.plan.target]
    return stage.platform or building.request.platform or building.host.platform


def _timed(entry: History, created: str) -> History:
    return entry if entry.created else with_fields(entry, created=created)


async def _created(building: Building, state: StageState, config: bytes) -> str:
    """Return when the image was made: the same image built again is as old as it was."""
    if building.epoch is not None:
        return building.created()
    key = key_of("image", state.stack, config, [(entry.created, entry.created_by) for entry in state.history], state.author)
    known = await building.host.cache.get(key)
    if known is not None and not building.request.no_cache:
        return known.note
    created = building.created()
    await building.host.cache.put(key, NewStep(CachedStep(state.stack, created), "image", state.key, empty=True))
    return created


def _annotations(building: Building, state: StageState) -> dict[str, str]:
    inline = building.arguments.get("BUILDKIT_INLINE_CACHE") == "1" or any(
        export.type in ("inline", "registry") for export in building.request.cache_to
    )
    return {STEPS_ANNOTATION: json.dumps(state.steps)} if inline and state.steps else {}


async def take_over(building: Building) -> None:
    """Learn the steps of images named as cache sources; one that cannot be had is no cache."""
    request = building.request
    for source in request.cache_from:
        if not source.reference:
            continue
        try:
            image = await building.host.image(
                source.reference, request.platform, pull=False, credentials=request.credentials, report=lambda _progress: None
            )
        except EngineError:
            continue
        building.sources.append(image)
        for key, count in json.loads(image.annotations.get(STEPS_ANNOTATION, "[]")):
            if await building.host.cache.get(key) is None:
                stack = image.stack[:count]
                note = _step_time(image.config.history, count)
                await building.host.cache.put(key, NewStep(CachedStep(stack, note), f"from {source.reference}"))


def _step_time(history: tuple[History, ...], count: int) -> str:
    layers = [entry for entry in history if not entry.empty_layer]
    return layers[count - 1].created if count <= len(layers) else ""
