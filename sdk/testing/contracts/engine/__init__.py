"""The contract every engine keeps towards frontends: the real one, and the fake that frontends are tested with.

Subclass `EngineContract` in a test module and give it one fixture, `engine`: opened, with the image busybox. Of its programs the cases run
`echo`, `cat`, `sleep`, `true` and `false` alone. One engine serves all cases: what a case made is removed after it.
"""

from collections.abc import AsyncIterator

import pytest

from sdk.engine import Engine
from sdk.engine.containers import ListRequest
from sdk.testing.contracts.engine.containers import ContainerCases
from sdk.testing.contracts.engine.images import ImageCases
from sdk.testing.contracts.engine.networks import NetworkCases
from sdk.testing.contracts.engine.streams import StreamCases
from sdk.testing.contracts.engine.system import SystemCases
from sdk.testing.contracts.engine.volumes import VolumeCases

__all__ = ["EngineContract"]

_GIVEN = frozenset({"bridge", "host", "none"})


class EngineContract(ContainerCases, StreamCases, ImageCases, NetworkCases, VolumeCases, SystemCases):
    """Cases read as the specification of `sdk.engine`."""

    @pytest.fixture(scope="module")
    @classmethod
    def anyio_backend(cls) -> str:
        return "asyncio"

    @pytest.fixture(autouse=True)
    async def tidied(self, engine: Engine) -> AsyncIterator[None]:
        """Remove what a case made."""
        yield
        for container in await engine.containers.list(ListRequest(all=True)):
            await engine.containers.remove(container.id, force=True)
        for volume in await engine.volumes.list({}):
            await engine.volumes.remove(volume.name)
        for network in await engine.networks.list({}):
            if network.config.name not in _GIVEN:
                await engine.networks.remove(network.id)
