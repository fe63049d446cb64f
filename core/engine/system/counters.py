"""What the engine counts, for monitors."""

from core.engine.context import EngineContext
from core.networks.catalog import NetworkCatalog
from sdk.engine.system import EngineCounters


def counters(context: EngineContext, networks: NetworkCatalog) -> EngineCounters:
    """Return how much there is and what has happened. Asks no driver."""
    return EngineCounters(
        images=sum(1 for _ in context.images),
        networks=len(networks.records()),
        volumes=len(context.volumes.records()),
        event_subscribers=context.events.subscribers,
        events=context.events.published,
        health_checks=context.probes.ended,
        failed_health_checks=context.probes.failed,
    )
