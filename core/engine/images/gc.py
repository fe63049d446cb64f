"""Garbage collection by policy: what has not been used for long goes, and the longest unused while the disk is too full."""

import logging

import anyio

from core.engine.context import GcPolicy
from core.engine.images.context import ImageContext
from core.engine.images.prune import prune
from sdk.engine.containers import Filters
from sdk.engine.images import Removal
from sdk.errors import EngineError

_log = logging.getLogger(__name__)


async def collect_by_policy(context: ImageContext, policy: GcPolicy) -> tuple[list[Removal], int]:
    """Apply a policy once. Return what went and the bytes freed on disk. Raises InvalidArgument for a policy that makes no sense."""
    removals: list[Removal] = []
    freed = 0
    for filters in policy_filters(policy):
        more, bytes_freed = await prune(context, filters)
        removals += more
        freed += bytes_freed
    return removals, freed


def policy_filters(policy: GcPolicy) -> list[Filters]:
    """Return the filters of the prunes that a policy consists of."""
    everything = {"dangling": ("false",)}
    found: list[Filters] = []
    if policy.max_age:
        found.append({**everything, "unused-for": (policy.max_age,)})
    if policy.keep_free:
        spared = {"unused-for": (policy.spared,)} if policy.spared else {}
        found.append({**everything, **spared, "min-free-space": (policy.keep_free,)})
    return found


async def watch(context: ImageContext, policy: GcPolicy) -> None:
    """Apply a policy again and again, for as long as the engine lives."""
    while policy.max_age or policy.keep_free:
        try:
            removals, freed = await collect_by_policy(context, policy)
        except (EngineError, OSError) as error:
            _log.error("garbage collection failed: %s", error)
        else:
            if removals:
                _log.info(
                    "garbage collection freed %d bytes: %s", freed, ", ".join(each.untagged or each.deleted for each in removals)
                )
        await anyio.sleep(policy.interval)
