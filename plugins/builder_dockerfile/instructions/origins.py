"""Where files are taken from: the context, a named one, another stage, or an image."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.progress import Step
from sdk.builder import Stack
from sdk.engine.builds import NamedContext

Demand = Callable[[int], Awaitable[Stack]]
"""Waits for a stage and returns its layers."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The stages that a step of the stage `index` may name."""

    index: int
    demand: Demand


@dataclass(frozen=True, slots=True)
class Origin:
    """Either a directory of this machine, as a tree, or a stack."""

    tree: Tree | None = None
    stack: Stack | None = None
    directory: str = ""


async def find_origin(building: Building, name: str, earlier: Earlier, step: Step) -> Origin:
    """Return what a `from` in a stage stands for; "" is the build context. Raises NoSuchImage and what pulling raises."""
    if not name:
        return Origin(building.context, directory=os.readlink(f"/proc/self/fd/{building.context.root}"))
    named = building.request.named_contexts.get(name)
    if named is None and (stage := building.plan.find(name, earlier.index)) is not None:
        return Origin(stack=await earlier.demand(stage))
    if named is not None and named.directory is not None:
        return Origin(directory=str(named.directory))
    return Origin(stack=await _image(building, named or NamedContext(image=name), step))


async def _image(building: Building, named: NamedContext, step: Step) -> Stack:
    request = building.request
    image = await building.host.image(
        named.image, request.platform, pull=request.pull, credentials=request.credentials, report=step.progress
    )
    return image.stack


@asynccontextmanager
async def opened(building: Building, origin: Origin) -> AsyncIterator[Tree]:
    """Give an origin's files."""
    if origin.tree is not None:
        yield origin.tree
    elif origin.stack is not None:
        async with building.host.view(origin.stack) as root:
            yield Tree(root, owned=True)
    else:
        root = os.open(origin.directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield Tree(root, digests=building.digests)
        finally:
            os.close(root)
