"""`docker rmi --platform`."""

from pathlib import Path

import pytest

from core.engine.images.remove_platforms import remove_platforms
from sdk.errors import Conflict, NotFound
from sdk.oci.descriptor import Platform, host
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

ARM, S390 = Platform("arm64"), Platform("s390x")


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    index = await made.context.store.content.put(b'{"manifests":[]}')
    await made.add("arm", "app:1", platform=ARM, index=index)
    await made.add("s390", "app:1", platform=S390, index=index)
    await made.add("here", "app:1", index=index)
    return made


async def test_some_go_and_the_name_stays(images: Images) -> None:
    removals = await remove_platforms(images.context, "app:1", [ARM])
    assert images.left() == {"s390", "here"}
    assert [each.deleted for each in removals][:1] == [images.id("arm")]
    assert all(not each.untagged for each in removals)
    assert images.context.store.find("app:1").id == images.id("here")
    assert images.actions() == ["delete"]


async def test_with_the_last_the_name_goes(images: Images) -> None:
    removals = await remove_platforms(images.context, "app:1", [ARM, S390, host()])
    assert images.left() == set()
    assert [each.untagged for each in removals if each.untagged] == ["app:1"]


@pytest.mark.parametrize("force", [False, True])
async def test_nothing_goes_if_one_is_not_here_or_runs(images: Images, force: bool) -> None:
    with pytest.raises(NotFound):
        await remove_platforms(images.context, "app:1", [ARM, Platform("riscv64")], force=force)
    images.use("s390", runs=True)
    with pytest.raises(Conflict, match="is being used by running container"):
        await remove_platforms(images.context, "app:1", [ARM, S390], force=force)
    assert images.left() == {"arm", "s390", "here"}


async def test_one_that_a_stopped_container_uses_must_be_forced(images: Images) -> None:
    images.use("arm")
    with pytest.raises(Conflict, match="must be forced"):
        await remove_platforms(images.context, "app:1", [ARM])
    await remove_platforms(images.context, "app:1", [ARM], force=True)
    assert images.left() == {"s390", "here"}
