"""Whether a volume holds nothing but what the engine itself has put there."""

from collections.abc import Collection

from core.containers.life.state import is_running
from core.containers.mounts.record import volume_names
from core.engine.context import EngineContext


def untouched(context: EngineContext, volume: str, since_ns: int, running: Collection[str] = ()) -> bool:
    """Tell whether no container can have written to a volume since a moment: none that has it runs, or was started later."""
    return not any(
        volume in volume_names(live.record.mounts)
        and (is_running(live.record) or live.id in running or live.record.started_ns >= since_ns)
        for live in context.containers
    )
