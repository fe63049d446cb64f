"""`docker image prune`: which images may go, and in which order."""

import time
from pathlib import Path

import pytest

from core.engine.images import prune as prune_module
from core.engine.images.prune import prune
from core.images.hosted import HostedManifest
from sdk.errors import InvalidArgument
from sdk.oci.reference import parse_reference
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

EVERYTHING = {"dangling": ("false",)}
HOUR = 3600 * 10**9


@pytest.fixture
async def images(tmp_path: Path) -> Images:
    made = open_images(tmp_path)
    await made.add("named", "app:1", "app:2", labels={"kind": "web"})
    await made.add("other", "other:1")
    await made.add("none", labels={"kind": "db"}, created="2020-01-01T00:00:00Z")
    return made


@pytest.fixture
def unused(monkeypatch: pytest.MonkeyPatch, images: Images) -> dict[str, int]:
    """How many hours ago each image was used."""
    hours = {"named": 1, "other": 30, "none": 5}
    ago = {images.id(name): time.time_ns() - count * HOUR for name, count in hours.items()}
    monkeypatch.setattr(images.context.store, "last_used_ns", ago.__getitem__)
    return hours


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({}, {"named", "other"}),
        ({"dangling": ("true",)}, {"named", "other"}),
        (EVERYTHING, set()),
        ({"label": ("kind=web",)}, {"named", "other", "none"}),
        ({**EVERYTHING, "label": ("kind",)}, {"other"}),
        ({**EVERYTHING, "label!": ("kind=web",)}, {"named"}),
        ({**EVERYTHING, "until": ("2021-01-01",)}, {"named", "other"}),
    ],
)
async def test_what_goes(images: Images, filters: dict[str, tuple[str, ...]], left: set[str]) -> None:
    removals, freed = await prune(images.context, filters)
    assert images.left() == left
    assert (freed > 0) is (len(left) < 3)
    assert len([each for each in removals if each.deleted in {image.id for image in images.made.values()}]) == 3 - len(left)
    assert images.events[-1].attributes == {"reclaimed": str(freed)}


@pytest.mark.parametrize("runs", [False, True])
async def test_what_a_container_uses_keeps_the_last_of_its_names(images: Images, runs: bool) -> None:
    images.use("named", runs=runs)
    images.use("none", runs=runs)
    removals, _ = await prune(images.context, EVERYTHING)
    assert images.left() == {"named", "none"}
    assert [each.untagged for each in removals if each.untagged] == ["app:1", "other:1"]


async def test_an_image_that_another_was_made_from_stays(images: Images) -> None:
    await images.add("child", "child:1", layers=["none", "child"], parent="none")
    await prune(images.context, {})
    assert "none" in images.left()


async def test_downloads_that_were_cut_off_go_too(images: Images) -> None:
    partial = images.context.store.content.directory / "ingest" / f"{'0' * 64}.partial"
    partial.write_bytes(bytes(100_000))
    _, freed = await prune(images.context, {"label": ("nothing",)})
    assert not partial.exists()
    assert freed >= 100_000


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"before": ("x",)}, "invalid filter 'before'"),
        ({"dangling": ("maybe",)}, "invalid filter 'dangling=[maybe]'"),
        ({"unused-for": ("2020-01-01",)}, "invalid filter 'unused-for=[2020-01-01]'"),
        ({"unused-for": ("5",)}, "invalid filter 'unused-for=[5]'"),
        ({"unused-for": ("",)}, "invalid time: "),
        ({"min-free-space": ("much",)}, "invalid size: 'much'"),
    ],
)
async def test_what_is_no_filter_loses_nothing(images: Images, filters: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await prune(images.context, {**EVERYTHING, **filters})
    assert refused.value.message == message
    assert len(images.left()) == 3


@pytest.mark.parametrize(
    ("duration", "left"), [("2h", {"named"}), ("24h", {"named", "none"}), ("48h", {"named", "other", "none"}), ("30m", set())]
)
async def test_what_was_used_lately_stays(images: Images, unused: dict[str, int], duration: str, left: set[str]) -> None:
    await prune(images.context, {**EVERYTHING, "unused-for": (duration,)})
    assert images.left() == left


async def test_the_nameless_and_the_longest_unused_go_until_there_is_room(
    images: Images, unused: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = {**EVERYTHING, "min-free-space": ("1GB",)}
    for missing, left in ((0, {"named", "other", "none"}), (1, {"named", "other"}), (1, {"named"}), (10**12, set())):
        monkeypatch.setattr(prune_module, "missing_space", lambda _text, _directory, missing=missing: missing)
        await prune(images.context, filters)
        assert images.left() == left


async def test_by_age_what_a_container_uses_keeps_all_its_names_and_what_was_pushed_here_stays(
    images: Images, unused: dict[str, int]
) -> None:
    images.use("named")
    other = images.made["other"]
    images.context.store.hosted.put(
        parse_reference("other"), HostedManifest(other.descriptor, (other.descriptor.digest,), other.id)
    )
    removals, _ = await prune(images.context, {**EVERYTHING, "unused-for": ("1m",)})
    assert images.left() == {"named", "other"}
    assert [each.untagged for each in removals if each.untagged] == []
