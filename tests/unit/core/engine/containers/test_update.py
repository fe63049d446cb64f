"""`docker update`: what may be changed, and what does not go with what a container has."""

import pytest

from core.engine.containers.update import changed
from sdk.engine.config import HostConfig, Limits, RestartKind, RestartPolicy, UpdateRequest
from sdk.errors import Conflict

ALWAYS, NO = RestartPolicy(RestartKind.ALWAYS), RestartPolicy(RestartKind.NO)


@pytest.mark.parametrize(
    ("before", "request_", "after"),
    [
        (Limits(memory=5), UpdateRequest(), Limits(memory=5)),
        (Limits(memory=5, cpu_shares=7), UpdateRequest(cpu_shares=9), Limits(memory=5, cpu_shares=9)),
        (Limits(cpu_shares=7), UpdateRequest(cpu_shares=0), Limits(cpu_shares=0)),
        (Limits(pids_limit=7), UpdateRequest(pids_limit=0), Limits(pids_limit=0)),
        (Limits(cpuset_cpus="0"), UpdateRequest(cpuset_cpus="0-1"), Limits(cpuset_cpus="0-1")),
        (Limits(memory=5, memory_swap=10), UpdateRequest(memory=10), Limits(memory=10, memory_swap=10)),
        (Limits(memory=5, memory_swap=10), UpdateRequest(memory=20, memory_swap=-1), Limits(memory=20, memory_swap=-1)),
        (Limits(cpu_period=100), UpdateRequest(cpu_quota=50), Limits(cpu_period=100, cpu_quota=50)),
        (Limits(cpu_quota=-1), UpdateRequest(nano_cpus=5), Limits(cpu_quota=-1, nano_cpus=5)),
        (Limits(nano_cpus=5), UpdateRequest(cpu_quota=-1, cpu_period=0), Limits(nano_cpus=5, cpu_quota=-1)),
    ],
)
def test_what_is_named_is_replaced_and_all_else_stays(before: Limits, request_: UpdateRequest, after: Limits) -> None:
    found = changed(HostConfig(limits=before, restart_policy=ALWAYS), request_)
    assert (found.limits, found.restart_policy) == (after, ALWAYS)


NANO = "Conflicting options: Nano CPUs cannot be updated as CPU {} has already been set"
OTHER = "Conflicting options: CPU {} cannot be updated as NanoCPUs has already been set"


@pytest.mark.parametrize(
    ("host", "request_", "message"),
    [
        (HostConfig(limits=Limits(cpu_period=1)), UpdateRequest(nano_cpus=1), NANO.format("Period")),
        (HostConfig(limits=Limits(cpu_quota=1)), UpdateRequest(nano_cpus=1), NANO.format("Quota")),
        (HostConfig(limits=Limits(nano_cpus=1)), UpdateRequest(cpu_period=1), OTHER.format("Period")),
        (HostConfig(limits=Limits(nano_cpus=1)), UpdateRequest(cpu_quota=1), OTHER.format("Quota")),
        (
            HostConfig(limits=Limits(memory=5, memory_swap=10)),
            UpdateRequest(memory=11),
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        ),
        (  # as in dockerd, also where swap is not limited
            HostConfig(limits=Limits(memory=5, memory_swap=-1)),
            UpdateRequest(memory=11),
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        ),
        (
            HostConfig(auto_remove=True),
            UpdateRequest(restart_policy=ALWAYS),
            "Restart policy cannot be updated because AutoRemove is enabled for the container",
        ),
    ],
)
def test_what_does_not_go_together(host: HostConfig, request_: UpdateRequest, message: str) -> None:
    with pytest.raises(Conflict) as refused:
        changed(host, request_)
    assert refused.value.message == message


def test_a_policy_is_replaced_also_by_none() -> None:
    assert changed(HostConfig(restart_policy=ALWAYS), UpdateRequest(restart_policy=NO)).restart_policy == NO
    assert changed(HostConfig(auto_remove=True), UpdateRequest(restart_policy=NO)).restart_policy == NO
