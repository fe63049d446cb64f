"""One build under way: what all its stages share."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio

from plugins.builder_dockerfile.files.filedigests import FileDigests
from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.plan import Plan
from plugins.builder_dockerfile.progress import Step, Telling
from plugins.builder_dockerfile.recent import RecentSteps
from plugins.builder_dockerfile.state import StageState
from sdk.builder import BaseImage, BuildHost, CachedStep, NewStep, Stack, Workspace
from sdk.engine.builds import BuildRequest
from sdk.oci.digest import chain_id


@dataclass(frozen=True, slots=True)
class Building:
    """`context` is the build context, `arguments` the build arguments that have a value, `epoch` the SOURCE_DATE_EPOCH if there is one.
    `file` is what messages call the Dockerfile, `sources` are the images named as cache sources."""

    request: BuildRequest
    host: BuildHost
    plan: Plan
    telling: Telling
    context: Tree
    arguments: Mapping[str, str]
    epoch: int | None
    file: str
    limiter: anyio.CapacityLimiter
    digests: FileDigests
    recent: RecentSteps
    locks: dict[str, anyio.Lock] = field(default_factory=dict)
    consumed: set[str] = field(default_factory=set)
    sources: list[BaseImage] = field(default_factory=list)

    def created(self) -> str:
        """Return the time of what is made now, or the time everything is to have."""
        return rfc3339(time.time_ns() if self.epoch is None else self.epoch * 10**9)

    async def layer(self, step: Step, new: "LayerStep", make: Callable[[Workspace], Awaitable[None]]) -> CachedStep:
        """Return what a step makes, from the cache or by making it; `note` is when that was. The same step wanted twice is made once."""
        async with self.locks.setdefault(new.key, anyio.Lock()):
            cached = None if new.anew else await self.host.cache.get(new.key)
            if cached is not None and self._led_to_source(cached.stack):
                step.change(cached=True)
                return cached
            async with self.limiter, self.host.workspace(new.stack) as workspace:
                await make(workspace)
                diff_id = await workspace.commit(newest=self.epoch)
            made = CachedStep((*new.stack, diff_id) if diff_id else new.stack, self.created())
            await self.host.cache.put(new.key, NewStep(made, new.description, new.parent, diff_id is None))
            return made

    def configured(self, step: Step, state: StageState, *, anew: bool) -> None:
        """Tell, for a step that changed the configuration alone, whether it was done before."""
        history = tuple(entry.created_by for entry in state.history)
        was_done = self.recent.add(key_of("configuration", state.stack, state.config, history, state.author))
        if was_done and not anew and self._led_to_source(state.stack, history):
            step.change(cached=True)

    def _led_to_source(self, stack: Stack, history: tuple[str, ...] = ()) -> bool:
        """Tell whether a step may be taken from the cache: whether it led to an image named as source, where only those count."""
        if not self.request.cache_from_only:
            return True
        return any(
            image.stack[: len(stack)] == stack
            and tuple(entry.created_by for entry in image.config.history[: len(history)]) == history
            for image in self.sources
        )


@dataclass(frozen=True, slots=True)
class LayerStep:
    """A step that may add a layer on a stack. `anew` says not to look in the cache."""

    key: str
    stack: Stack
    description: str
    parent: str = ""
    anew: bool = False


def key_of(kind: str, stack: Stack, *parts: object) -> str:
    """Return the cache key of a step: what it does, on which files, with what."""
    below = chain_id(stack) if stack else ""
    text = "\0".join([kind, below, *(repr(part) for part in parts)])
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def rfc3339(time_ns: int) -> str:
    """Return a time as image configurations have it."""
    seconds, fraction = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}" + (f".{fraction:09d}Z" if fraction else "Z")
