"""`docker rmi`: which names and images go, and what keeps them."""

from pathlib import Path

import pytest

from core.engine.images.remove import conflict_of, remove
from core.images.receiving.fetcher import short
from sdk.errors import Conflict, NoSuchImage
from sdk.oci.descriptor import Platform
from sdk.oci.digest import digest_of
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return open_images(tmp_path)


async def removed(images: Images, ref: str, **options: bool) -> list[str]:
    """Return what went: names, and images and layers as `deleted`."""
    return [each.untagged or "deleted" for each in await remove(images.context, ref, **options)]


async def refusal(images: Images, ref: str, **options: bool) -> str:
    with pytest.raises(Conflict) as refused:
        await remove(images.context, ref, **options)
    return refused.value.message


async def test_the_last_name_takes_the_image_and_its_layers_along(images: Images) -> None:
    await images.add("a", "app:1", "app:2")
    assert await removed(images, "app:1") == ["app:1"]
    assert images.left() == {"a"}
    assert await removed(images, "app:2") == ["app:2", "deleted", "deleted"]
    assert (images.left(), images.snapshots.committed, images.context.store.content.digests()) == (set(), {}, frozenset())
    assert images.actions() == ["untag", "untag", "delete"]
    with pytest.raises(NoSuchImage):
        await remove(images.context, "app:2")


async def test_a_layer_that_another_image_has_stays(images: Images) -> None:
    await images.add("a", "app:1", layers=["base", "top"])
    await images.add("b", "other:1", layers=["base"])
    assert await removed(images, "app:1") == ["app:1", "deleted", "deleted"]
    assert len(images.snapshots.committed) == 1


async def test_digests_go_with_the_last_tag_of_their_repository(images: Images) -> None:
    digest = digest_of(b"index")
    await images.add("a", "app:1", "other:1", f"app@{digest}", f"other@{digest}")
    assert await removed(images, "app:1") == ["app:1", f"app@{digest}"]
    assert await removed(images, f"other@{digest}") == [f"other@{digest}"]
    assert images.left() == {"a"}


@pytest.mark.parametrize("form", [lambda image_id: image_id, lambda image_id: image_id[7:], lambda image_id: image_id[7:19]])
async def test_by_its_id_an_image_goes_with_the_names_of_one_repository(images: Images, form) -> None:
    await images.add("a", "app:1")
    assert await removed(images, form(images.id("a"))) == ["app:1", "deleted", "deleted"]


@pytest.mark.parametrize("tags", [("app:1", "app:2"), ("app:1", "other:1")])
async def test_by_its_id_several_names_must_be_forced(images: Images, tags: tuple[str, ...]) -> None:
    await images.add("a", *tags)
    image_id = images.id("a")
    assert await refusal(images, image_id) == (
        f"conflict: unable to delete {short(image_id)} (must be forced) - image is referenced in multiple repositories"
    )
    assert images.left() == {"a"}
    assert await removed(images, image_id, force=True) == [*tags, "deleted", "deleted"]


async def test_a_container_keeps_the_last_name_unless_it_is_forced(images: Images) -> None:
    await images.add("a", "app:1")
    images.use("a")
    assert await refusal(images, "app:1") == (
        f'conflict: unable to remove repository reference "app:1" (must force) - container {"c" * 12} is using its referenced '
        f"image {short(images.id('a'))}"
    )
    assert await removed(images, "app:1", force=True) == ["app:1", "deleted"]


async def test_a_container_that_runs_keeps_the_image_whatever_is_forced(images: Images) -> None:
    await images.add("a", "app:1")
    images.use("a", runs=True)
    assert await refusal(images, images.id("a"), force=True) == (
        f"conflict: unable to delete {short(images.id('a'))} (cannot be forced) - image is being used by running container {'c' * 12}"
    )
    assert await removed(images, "app:1", force=True) == ["app:1"]
    assert images.left() == {"a"}


@pytest.mark.parametrize("force", [False, True])
async def test_an_image_that_others_were_made_from_stays(images: Images, force: bool) -> None:
    await images.add("base")
    await images.add("app", "app:1", layers=["base", "app"], parent="base")
    assert "(cannot be forced) - image has dependent child images" in await refusal(images, images.id("base"), force=force)


@pytest.mark.parametrize(("prune", "left"), [(True, set()), (False, {"one", "two"})])
async def test_the_nameless_it_was_made_from_go_too(images: Images, prune: bool, left: set[str]) -> None:
    await images.add("one")
    await images.add("two", layers=["one", "two"], parent="one")
    await images.add("app", "app:1", layers=["one", "two", "app"], parent="two")
    await removed(images, "app:1", prune=prune)
    assert images.left() == left


async def test_those_that_have_a_name_another_child_or_a_container_stay(images: Images) -> None:
    await images.add("named", "base:1")
    await images.add("app", "app:1", layers=["named", "app"], parent="named")
    await images.add("shared")
    for child in ("x", "y"):
        await images.add(child, f"{child}:1", layers=["shared", child], parent="shared")
    await images.add("used")
    images.use("used")
    await images.add("z", "z:1", layers=["used", "z"], parent="used")
    for tag in ("app:1", "x:1", "z:1"):
        await removed(images, tag)
    assert images.left() == {"named", "shared", "y", "used"}


async def test_other_platforms_go_with_the_last_name(images: Images) -> None:
    index = await images.context.store.content.put(b'{"manifests":[]}')
    await images.add("arm", "app:1", platform=Platform("arm64"), index=index)
    await images.add("here", "app:1", index=index)
    assert set(images.context.store.siblings(images.id("here"))) == {images.id("here"), images.id("arm")}
    assert (await removed(images, "app:1")).count("deleted") == 4
    assert images.left() == set()


async def test_what_nothing_uses_has_no_conflict(images: Images) -> None:
    image = await images.add("a", "app:1")
    assert conflict_of(images.context, image, force=False, names_count=False) is None
    assert conflict_of(images.context, image, force=False, names_count=True)
    assert conflict_of(images.context, image, force=True, names_count=True) is None
