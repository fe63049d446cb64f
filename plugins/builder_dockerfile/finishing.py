"""From the target's last state to an image."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.building import Building, key_of
from plugins.builder_dockerfile.inline_cache import EXPORTED, inline_cache
from plugins.builder_dockerfile.progress import vertex_of
from plugins.builder_dockerfile.state import StageState
from sdk.builder import CachedStep, NewImage, NewStep
from sdk.engine.build_events import BuildResult, Vertex
from sdk.engine.builds import Store
from sdk.errors import NoSuchImage
from sdk.oci.descriptor import Platform
from sdk.oci.image import History, ImageConfig, RootFS
from sdk.oci.reference import parse_reference

V = TypeVar("V")


async def finish(building: Building, state: StageState, stages: Sequence[StageState]) -> BuildResult:
    """Store the image if that is wanted, and what of the other stages the cache is to have, and return the result."""
    request = building.request
    config = await _config(building, state)
    if request.store is Store.NOTHING:
        return BuildResult("", None, config)
    names = tuple(parse_reference(tag).familiar for tag in request.tags)
    vertex = Vertex(vertex_of("export"), "exporting to image")
    async with building.telling.step(vertex) as step:
        caches = await _caches(building, state, stages)
        image_id, descriptor = await building.host.store(
            NewImage(
                stack=state.stack,
                config=config,
                tags=request.tags,
                parent=state.parent_image,
                annotations=inline_cache(building, state, others=len(caches)),
            )
        )
        step.change(result=image_id)
    return BuildResult(image_id, descriptor, config, names, caches)


async def _caches(building: Building, state: StageState, stages: Sequence[StageState]) -> tuple[str, ...]:
    """Store an image of each other stage whose steps are to be exported and stand in no other image; return their IDs."""
    if not any(export.mode == "max" and export.type in EXPORTED for export in building.request.cache_to):
        return ()
    told, made = set(state.steps), list[str]()
    for other in sorted(stages, key=lambda each: -len(each.steps)):
        if other.stack and not told.issuperset(other.steps):
            told.update(other.steps)
            created = building.created()
            config = image_config(
                building, replace(other, history=tuple(_timed(entry, created) for entry in other.history)), created
            )
            image = await building.host.keep(NewImage(stack=other.stack, config=config, annotations=inline_cache(building, other)))
            made.append(image.id)
    return tuple(dict.fromkeys(made))


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
