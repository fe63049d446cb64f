"""Boot decides for each container from its record and what was found of it."""

import pytest
from msgspec.structs import replace

from core.containers.life.record import ContainerRecord
from core.engine.containers.boot.reconcile import Found, Step, reconcile
from sdk.engine.config import ContainerConfig, HostConfig, RestartKind, RestartPolicy
from sdk.engine.containers import ContainerState as State
from sdk.oci.descriptor import Platform

RECORD = ContainerRecord(
    id="c", name="n", created_ns=0, image_id="i", image="i", chain_id=None, platform=Platform("amd64"), path="sh", args=(),
    config=ContainerConfig(), host_config=HostConfig(),
)  # fmt: skip
ALWAYS = HostConfig(restart_policy=RestartPolicy(RestartKind.ALWAYS))


@pytest.mark.parametrize("state", [State.CREATED, State.RUNNING, State.PAUSED, State.EXITED, State.RESTARTING])
def test_whatever_runs_is_followed(state):
    assert reconcile(Found(replace(RECORD, state=state), has_task=True)) is Step.FOLLOW


@pytest.mark.parametrize(
    ("record", "step"),
    [
        (replace(RECORD, state=State.RUNNING), Step.SETTLE),
        (replace(RECORD, state=State.PAUSED), Step.SETTLE),
        (replace(RECORD, state=State.RESTARTING), Step.START),
        (replace(RECORD, state=State.EXITED, host_config=ALWAYS), Step.START),
        (replace(RECORD, state=State.CREATED, host_config=ALWAYS), Step.REST),
        (replace(RECORD, state=State.EXITED, host_config=HostConfig(auto_remove=True)), Step.REMOVE),
        (replace(RECORD, state=State.EXITED), Step.REST),
        (RECORD, Step.REST),
    ],
)
def test_what_does_not_run(record, step):
    assert reconcile(Found(record, has_task=False)) is step
