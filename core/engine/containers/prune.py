"""`docker container prune`."""

import time
from collections.abc import Sequence

from core.containers.life.live import LiveContainer
from core.engine.containers.remove import remove
from core.engine.containers.views.sizes import sizes
from core.engine.context import EngineContext
from core.engine.moments import parse_moment
from core.filters import check_keys, labels_match
from sdk.engine.containers import ContainerState, Filters, Pruned
from sdk.errors import EngineError
from sdk.events import EventType

_PRUNABLE = frozenset({ContainerState.CREATED, ContainerState.EXITED, ContainerState.DEAD})


async def prune(context: EngineContext, filters: Filters) -> Pruned:
    """Remove containers that do not run; filters `until`, `label`, `label!`."""
    check_keys(filters, ("until", "label", "label!"))
    until = [parse_moment(value, time.time_ns()) for value in filters.get("until", ())]
    deleted, space = [], 0
    for live in context.containers:
        if live.record.state in _PRUNABLE and _selected(live, filters, until):
            try:
                size, _ = await sizes(context, live)
                await remove(context, live)
            except EngineError:
                continue
            deleted.append(live.id)
            space += size
    context.events.emit(EventType.CONTAINER, "prune", "", {"reclaimed": str(space)})
    return Pruned(tuple(deleted), space)


def _selected(live: LiveContainer, filters: Filters, until: Sequence[int]) -> bool:
    return all(live.record.created_ns < moment for moment in until) and labels_match(live.record.config.labels, filters)
