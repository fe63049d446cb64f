"""Health: how probes add up."""

from core.containers.process.probes import Schedule, judge, schedule_of
from sdk.engine.config import ContainerConfig
from sdk.engine.containers import Health, HealthProbe, HealthStatus
from sdk.oci.image import HealthcheckConfig

SCHEDULE = Schedule(("probe",), 30, 30, 0, 5, 3)


def after(codes: list[int], *, in_start_period: bool = False) -> Health:
    health = Health(HealthStatus.STARTING)
    for code in codes:
        health = judge(health, HealthProbe(0, 1, code, ""), SCHEDULE, in_start_period=in_start_period)
    return health


def test_one_success_heals_and_three_failures_in_a_row_do_not_pass():
    assert after([0]).status is HealthStatus.HEALTHY
    assert after([1, 1]).status is HealthStatus.STARTING
    assert after([1, 1, 1]).status is HealthStatus.UNHEALTHY
    assert after([1, 1, 1, 0]).status is HealthStatus.HEALTHY
    assert after([0, 1, 1]).failing_streak == 2


def test_failures_of_the_start_period_do_not_count():
    assert after([1, 1, 1, 1], in_start_period=True).failing_streak == 0


def test_the_last_five_results_are_kept():
    assert len(after([0] * 9).log) == 5


def test_schedules():
    assert schedule_of(ContainerConfig()) is None
    assert schedule_of(ContainerConfig(healthcheck=HealthcheckConfig(test=("NONE",)))) is None
    shell = schedule_of(ContainerConfig(healthcheck=HealthcheckConfig(test=("CMD-SHELL", "true"), interval=2_000_000_000)))
    assert shell == Schedule(("/bin/sh", "-c", "true"), 2.0, 30.0, 0.0, 5.0, 3)
