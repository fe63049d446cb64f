"""What a health check asks for, and how a probe's result changes a container's health."""

from dataclasses import dataclass

from sdk.engine.config import ContainerConfig
from sdk.engine.containers import Health, HealthProbe, HealthStatus

_SECOND = 1_000_000_000
_KEPT = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """A health check's parameters, durations in seconds."""

    command: tuple[str, ...]
    interval: float
    timeout: float
    start_period: float
    start_interval: float
    retries: int


def schedule_of(config: ContainerConfig) -> Schedule | None:
    """Return a container's schedule with Docker's defaults filled in; None without a check."""
    check = config.healthcheck
    if check is None or not check.test or check.test[0] == "NONE":
        return None
    shell = config.shell or ("/bin/sh", "-c")
    command = (*shell, *check.test[1:]) if check.test[0] == "CMD-SHELL" else check.test[1:]
    return Schedule(
        command=command,
        interval=(check.interval or 30 * _SECOND) / _SECOND,
        timeout=(check.timeout or 30 * _SECOND) / _SECOND,
        start_period=check.start_period / _SECOND,
        start_interval=(check.start_interval or 5 * _SECOND) / _SECOND,
        retries=check.retries or 3,
    )


def judge(before: Health, probe: HealthProbe, schedule: Schedule, *, in_start_period: bool) -> Health:
    """Return the health after a probe: one success heals; `retries` failures in a row make unhealthy, those of the start period of a
    container that was never healthy do not count."""
    log = (*before.log, probe)[-_KEPT:]
    if probe.exit_code == 0:
        return Health(HealthStatus.HEALTHY, 0, log)
    if in_start_period and before.status is HealthStatus.STARTING:
        return Health(before.status, before.failing_streak, log)
    streak = before.failing_streak + 1
    status = HealthStatus.UNHEALTHY if streak >= schedule.retries else before.status
    return Health(status, streak, log)
