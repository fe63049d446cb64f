"""Cases about networks."""

import pytest

from sdk.engine import Engine
from sdk.engine.config import EndpointConfig
from sdk.engine.networks import NetworkCreate
from sdk.errors import Conflict, NoSuchNetwork, PermissionDenied
from sdk.testing.contracts.engine.bench import create


@pytest.mark.anyio
class NetworkCases:
    """See `sdk.engine.networks.Networks`."""

    async def test_three_networks_always_exist(self, engine: Engine) -> None:
        assert {network.config.name for network in await engine.networks.list({})} == {"bridge", "host", "none"}
        for name in ("bridge", "host", "none"):
            with pytest.raises(PermissionDenied):
                await engine.networks.remove(name)

    async def test_a_network_is_made_found_and_removed(self, engine: Engine) -> None:
        made = await engine.networks.create(NetworkCreate("net", labels={"a": "b"}))
        for ref in ("net", made.id, made.id[:12]):
            assert (await engine.networks.inspect(ref)).id == made.id
        assert (made.config.driver, made.config.labels) == ("bridge", {"a": "b"})
        assert [network.id for network in await engine.networks.list({"name": ("net",)})] == [made.id]
        with pytest.raises(Conflict):
            await engine.networks.create(NetworkCreate("net"))
        await engine.networks.remove("net")
        for call in (engine.networks.inspect, engine.networks.remove):
            with pytest.raises(NoSuchNetwork):
                await call("net")

    async def test_a_running_container_is_a_member(self, engine: Engine) -> None:
        await engine.networks.create(NetworkCreate("net"))
        box = await create(engine, "sleep", "600", name="box")
        await engine.containers.start(box)
        await engine.networks.connect("net", box, EndpointConfig())
        (member,) = (await engine.networks.inspect("net")).members
        assert member.container_id == box
        assert "/" in member.ipv4_address
        await engine.networks.disconnect("net", box)
        assert (await engine.networks.inspect("net")).members == ()

    async def test_prune_removes_what_nothing_uses(self, engine: Engine) -> None:
        await engine.networks.create(NetworkCreate("net"))
        assert list(await engine.networks.prune({})) == ["net"]
