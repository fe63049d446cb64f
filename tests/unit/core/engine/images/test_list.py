"""`docker images`: which are shown, under which names, in which order."""

from pathlib import Path

import pytest

from core.engine.images.list import inspect, list_images, select, truth
from sdk.engine.images import ImageListRequest
from sdk.errors import InvalidArgument, NoSuchImage, NotFound
from sdk.oci.descriptor import Platform
from sdk.oci.digest import digest_of
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

DIGEST = digest_of(b"index")


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("old", "app:1", f"app@{DIGEST}", created="2020-01-01T00:00:00Z", labels={"kind": "web"}, layers=["base", "old"])
    await made.add(
        "new", "app:2", "user/tool:1", created="2022-01-01T00:00:00Z", labels={"kind": "db", "keep": ""}, layers=["base"]
    )
    await made.add("none", created="2021-01-01T00:00:00Z")
    return made


def shown(images: Images, **filters: str | tuple[str, ...]) -> list[str]:
    wanted = {key.replace("_not", "!"): (value,) if isinstance(value, str) else value for key, value in filters.items()}
    found = list_images(images.context, ImageListRequest(filters=wanted))
    return [name for info in found for name, image in images.made.items() if image.id == info.id]


async def test_the_newest_comes_first(images: Images) -> None:
    assert shown(images) == ["new", "none", "old"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"dangling": "true"}, ["none"]),
        ({"dangling": "false"}, ["new", "old"]),
        ({"label": "kind"}, ["new", "old"]),
        ({"label": ("kind=db", "keep")}, ["new"]),
        ({"label": ("kind=db", "kind=web")}, []),
        ({"label_not": "kind=db"}, ["none", "old"]),
        ({"before": "app:2"}, ["none", "old"]),
        ({"since": "app:1"}, ["new", "none"]),
        ({"since": "app:1", "before": "app:2"}, ["none"]),
        ({"until": "2021-06-01"}, ["none", "old"]),
        ({"reference": "app"}, ["new", "old"]),
        ({"reference": "app:1"}, ["old"]),
        ({"reference": "*/*"}, ["new"]),
        ({"reference": ("app:1", "user/tool")}, ["new", "old"]),
        ({"reference": "missing"}, []),
        ({"reference": "a[a-z]p:[12]"}, ["new", "old"]),
    ],
)
async def test_filters(images: Images, filters: dict[str, str], expected: list[str]) -> None:
    assert shown(images, **filters) == expected


async def test_only_the_names_that_match_are_shown_with_the_digests_of_their_repositories(images: Images) -> None:
    (info,) = list_images(images.context, ImageListRequest(filters={"reference": ("app:1",)}))
    assert (info.tags, info.digests) == (("app:1",), (f"app@{DIGEST}",))
    (info,) = list_images(images.context, ImageListRequest(filters={"reference": ("user/*",)}))
    assert info.tags == ("user/tool:1",)
    (info,) = list_images(images.context, ImageListRequest(filters={"reference": (f"app@{DIGEST}",)}))
    assert (info.tags, info.digests) == ((), (f"app@{DIGEST}",))


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"color": ("red",)}, "invalid filter 'color'"),
        ({"dangling": ("maybe",)}, "invalid filter 'dangling=[maybe]'"),
        ({"dangling": ("true", "false")}, "invalid filter 'dangling=[true false]'"),
        ({"reference": ("[",)}, "syntax error in pattern"),
        ({"reference": ("*a" * 1000, "?" * 100)}, "invalid filter: its patterns are longer than 2048 characters"),
        ({"until": ("yesterday",)}, "invalid time: yesterday"),
    ],
)
async def test_what_is_no_filter(images: Images, filters: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        list_images(images.context, ImageListRequest(filters=filters))
    assert refused.value.message == message


async def test_an_image_that_is_to_be_compared_with_must_be_there(images: Images) -> None:
    with pytest.raises(NoSuchImage):
        shown(images, before="missing")


async def test_steps_of_a_build_are_shown_with_all_alone(images: Images) -> None:
    await images.add("step", layers=["none", "step"], created="2023-01-01T00:00:00Z")
    await images.add("last", "built:1", layers=["none", "step", "last"], parent="step", created="2023-01-02T00:00:00Z")
    assert shown(images) == ["last", "new", "none", "old"]
    assert len(list_images(images.context, ImageListRequest(all=True))) == 5


async def test_sizes_that_are_shared_and_manifests_on_request(images: Images) -> None:
    plain = {info.id: info for info in list_images(images.context, ImageListRequest())}
    assert plain[images.id("old")].manifests in ((), None)
    more = {info.id: info for info in list_images(images.context, ImageListRequest(shared_size=True, manifests=True))}
    base = images.context.store.layers.size(images.context.store.get(images.id("new")).chains)
    assert more[images.id("old")].shared_size == more[images.id("new")].shared_size == base > 0
    assert more[images.id("none")].shared_size == 0
    (manifest,) = more[images.id("old")].manifests
    assert (manifest.descriptor.digest, manifest.available) == (images.made["old"].descriptor.digest, True)


async def test_containers_are_counted(images: Images) -> None:
    images.use("old")
    images.use("old", runs=True)
    assert [info.containers for info in list_images(images.context, ImageListRequest())] == [0, 0, 2]


async def test_an_image_of_another_platform_is_listed_with_the_one_that_has_the_name(images: Images) -> None:
    index = await images.context.store.content.put(b'{"manifests":[]}')
    await images.add("arm", "multi:1", platform=Platform("arm64"), index=index)
    await images.add("here", "multi:1", index=index)
    assert {"arm", "here"} & set(shown(images)) == {"here"}
    assert inspect(images.context, "multi:1", Platform("arm64")).id == images.id("arm")
    with pytest.raises(NotFound, match="does not match the specified platform"):
        inspect(images.context, "multi:1", Platform("s390x"))


@pytest.mark.parametrize(
    ("word", "expected"), [("1", True), ("true", True), ("t", True), ("0", False), ("false", False), ("yes", None), ("", None)]
)
def test_truth(word: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(InvalidArgument):
            truth("dangling", (word,))
    else:
        assert truth("dangling", (word,)) is expected


async def test_a_selection_takes_some_filters_alone(images: Images) -> None:
    chosen = select(images.context, {"label": ("kind=db",)}, frozenset({"label"}))
    infos = [images.context.store.info(images.id(name), 0) for name in ("old", "new")]
    assert [chosen(info) for info in infos] == [False, True]
    with pytest.raises(InvalidArgument):
        select(images.context, {"before": ("x",)}, frozenset({"label"}))
