"""Whether and when a container that ended is started again."""

from dataclasses import dataclass

from core.containers.life.record import ContainerRecord
from sdk.drivers.runtime import ExitStatus
from sdk.engine.config import RestartKind

FIRST_DELAY = 0.1
LONGEST_DELAY = 60.0
STEADY_SECONDS = 10
"""A run of this length ends the doubling of delays."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`delay` in seconds; kept by the caller as the next decision's `backoff`."""

    restart: bool
    delay: float = 0.0


def decide(record: ContainerRecord, status: ExitStatus, backoff: float) -> Decision:
    """Apply the container's restart policy to one exit."""
    if record.stopped_by_user or not _wants(record, status.code):
        return Decision(restart=False)
    ran_steadily = status.at_ns - record.started_ns >= STEADY_SECONDS * 1_000_000_000
    delay = FIRST_DELAY if ran_steadily or not backoff else min(backoff * 2, LONGEST_DELAY)
    return Decision(restart=True, delay=delay)


def _wants(record: ContainerRecord, exit_code: int) -> bool:
    policy = record.host_config.restart_policy
    match policy.kind:
        case RestartKind.ALWAYS | RestartKind.UNLESS_STOPPED:
            return True
        case RestartKind.ON_FAILURE:
            return exit_code != 0 and (policy.maximum_retry_count == 0 or record.restart_count < policy.maximum_retry_count)
    return False


def at_boot(record: ContainerRecord) -> bool:
    """Tell whether a container that is not running when the daemon starts shall be started."""
    match record.host_config.restart_policy.kind:
        case RestartKind.ALWAYS:
            return True
        case RestartKind.UNLESS_STOPPED:
            return not record.stopped_by_user
    return False
