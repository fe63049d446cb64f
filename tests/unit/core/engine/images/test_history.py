"""`docker history`: steps, what their layers take, and the images that they made."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.engine.images.history import history
from core.images.store import StoredImage
from sdk.errors import NoSuchImage
from sdk.oci.image import History
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return open_images(tmp_path)


def with_steps(images: Images, name: str, *steps: History) -> StoredImage:
    """Give an image another history, in memory."""
    image = images.context.store.get(images.id(name))
    found = replace(image, config=msgspec.structs.replace(image.config, history=steps))
    images.context.store._images[image.id] = found
    return found


def told(images: Images, ref: str) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    names = {image.id: name for name, image in images.made.items()} | {"": ""}
    found = history(images.context, ref)
    return [(names[entry.image_id], entry.history.created_by, entry.size > 0, entry.tags) for entry in found]


async def test_the_newest_step_is_the_image_itself(images: Images) -> None:
    await images.add("a", "app:1", "app:2", layers=["base", "top"])
    assert told(images, "app:1") == [("a", "step 1", True, ("app:1", "app:2")), ("", "step 0", True, ())]


async def test_steps_without_a_layer_take_nothing(images: Images) -> None:
    await images.add("a", "app:1", layers=["base", "top"])
    with_steps(
        images,
        "a",
        History(created_by="ADD"),
        History(created_by="CMD", empty_layer=True),
        History(created_by="RUN"),
        History(created_by="ENV", empty_layer=True),
    )
    assert [(step, has) for _, step, has, _ in told(images, "app:1")] == [
        ("ENV", False),
        ("RUN", True),
        ("CMD", False),
        ("ADD", True),
    ]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, ["", "", ""]), (1, ["step 0", "", ""]), (5, ["step 4", "step 3", "step 2", "step 1", "step 0"])]
)
async def test_a_history_that_does_not_fit_the_layers(images: Images, count: int, expected: list[str]) -> None:
    await images.add("a", "app:1", layers=["1", "2", "3"])
    with_steps(images, "a", *(History(created_by=f"step {number}") for number in range(count)))
    assert [step for _, step, _, _ in told(images, "app:1")] == expected
    assert sum(has for _, _, has, _ in told(images, "app:1")) == 3, "each layer is counted once"


async def test_older_images_are_named_as_far_as_each_is_one_step_older(images: Images) -> None:
    await images.add("one", "base:1", layers=["1"])
    await images.add("two", layers=["1", "2"], parent="one")
    await images.add("three", "app:1", layers=["1", "2", "3"], parent="two")
    assert [(name, tags) for name, _, _, tags in told(images, "app:1")] == [
        ("three", ("app:1",)),
        ("two", ()),
        ("one", ("base:1",)),
    ]
    await images.add("five", "other:1", layers=["1", "2", "3", "4", "5"], parent="three")
    assert [name for name, _, _, _ in told(images, "other:1")] == ["five", "", "", "", ""]


async def test_an_image_without_layers_and_steps_has_no_history(images: Images) -> None:
    await images.add("a", "app:1")
    image = with_steps(images, "a")
    images.context.store._images[image.id] = replace(image, chains=())
    assert history(images.context, "app:1") == []


async def test_what_is_not_there_has_none(images: Images) -> None:
    with pytest.raises(NoSuchImage):
        history(images.context, "missing")
