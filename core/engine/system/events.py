"""`docker events`: what was remembered, and what is to come."""

import time
from collections.abc import AsyncIterator

import anyio

from core.engine.context import EngineContext
from core.engine.system.event_filters import FILTERS, selects
from core.filters import check_keys
from sdk.engine.system import EventsRequest
from sdk.events import Event


def events(context: EngineContext, request: EventsRequest) -> AsyncIterator[Event]:
    """Subscribe to events; the subscription exists when this returns. Raises InvalidArgument for an unknown filter."""
    check_keys(request.filters, FILTERS)
    remembered = request.since_ns is None and request.until_ns is not None
    return _chosen(context.events.subscribe(0 if remembered else request.since_ns), request)


async def _chosen(source: AsyncIterator[Event], request: EventsRequest) -> AsyncIterator[Event]:
    while True:
        patience = (request.until_ns - time.time_ns()) / 1e9 if request.until_ns is not None else None
        with anyio.move_on_after(patience) as waiting:
            event = await anext(source, None)
        if waiting.cancelled_caught or event is None or (request.until_ns is not None and event.time_ns > request.until_ns):
            return
        if selects(event, request):
            yield event
