"""Cases about volumes."""

import pytest

from sdk.engine import Engine
from sdk.engine.volumes import VolumeCreate
from sdk.errors import Conflict, NoSuchVolume


@pytest.mark.anyio
class VolumeCases:
    """See `sdk.engine.volumes.Volumes`."""

    async def test_a_volume_is_made_once_found_and_removed(self, engine: Engine) -> None:
        made = await engine.volumes.create(VolumeCreate("data", labels={"a": "b"}))
        assert (made.name, made.driver, dict(made.labels), made.anonymous) == ("data", "local", {"a": "b"}, False)
        assert (await engine.volumes.create(VolumeCreate("data"))).created_ns == made.created_ns
        assert await engine.volumes.inspect("data") == made
        assert [volume.name for volume in await engine.volumes.list({})] == ["data"]
        await engine.volumes.remove("data")
        for call in (engine.volumes.inspect, engine.volumes.remove, engine.volumes.export):
            with pytest.raises(NoSuchVolume):
                await call("data")
        await engine.volumes.remove("data", force=True)

    async def test_one_without_a_name_gets_one(self, engine: Engine) -> None:
        made = await engine.volumes.create(VolumeCreate())
        assert len(made.name) == 64
        assert made.anonymous

    async def test_prune_takes_anonymous_ones_and_all_if_told(self, engine: Engine) -> None:
        anonymous = await engine.volumes.create(VolumeCreate())
        await engine.volumes.create(VolumeCreate("data"))
        assert (await engine.volumes.prune({})).deleted == (anonymous.name,)
        assert (await engine.volumes.prune({"all": ("1",)})).deleted == ("data",)

    async def test_a_clone_has_a_name_of_its_own(self, engine: Engine) -> None:
        await engine.volumes.create(VolumeCreate("data"))
        assert (await engine.volumes.clone("data", "copy")).name == "copy"
        with pytest.raises(Conflict):
            await engine.volumes.clone("data", "copy")
        with pytest.raises(NoSuchVolume):
            await engine.volumes.clone("nowhere", "other")
