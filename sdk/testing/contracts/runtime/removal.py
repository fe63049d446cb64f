"""Nothing is left behind."""

import os

import pytest

from sdk.testing.contracts.runtime.lab import Lab
from sdk.testing.runtimes import exit_code


class RemovalCases:
    """Nothing is left behind."""

    @pytest.mark.anyio
    async def test_audit_names_what_runs_and_nothing_after_delete(self, lab: Lab) -> None:
        task = await lab.sleeper()
        assert await lab.runtime.audit()
        await task.delete()
        await task.delete()
        assert not os.path.exists(f"/proc/{task.pid}")
        assert await lab.runtime.audit() == []
        assert await exit_code(task) == 137

    @pytest.mark.anyio
    async def test_discard_kills_and_frees_and_may_be_repeated(self, lab: Lab) -> None:
        bundle = lab.bundle("sleep", "1000")
        task = await lab.survivor(bundle)
        task.close()
        for _ in range(2):
            await lab.runtime.discard(bundle.id, bundle.path)
        assert not os.path.exists(f"/proc/{task.pid}")
        assert await lab.runtime.adopt(bundle.id, bundle.path) is None
        assert await lab.runtime.audit() == []

    @pytest.mark.anyio
    async def test_status_names_the_cgroups(self, lab: Lab) -> None:
        status = await lab.runtime.status()
        assert status["CgroupVersion"] in ("1", "2")
        assert status["CgroupDriver"]
