"""What the info object says of the machine."""

from dataclasses import replace

import pytest

from plugins.api_docker.convert.system import info
from sdk.testing.fake.system import FakeSystem


@pytest.mark.anyio
@pytest.mark.parametrize(("cgroup_version", "can"), [("1", True), ("2", False)])
async def test_only_version_1_of_cgroups_can_disable_the_oom_killer(cgroup_version: str, can: bool) -> None:
    system = await FakeSystem().info()
    assert info(replace(system, cgroup_version=cgroup_version)).oom_kill_disable is can
