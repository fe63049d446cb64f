"""What takes disk space, in the shapes of both APIs."""

import json
from dataclasses import replace

import msgspec
import pytest

from plugins.api_docker.convert.disk_usage import KINDS, disk_usage, newer_disk_usage
from plugins.api_docker.convert.summaries import SummaryEncoder
from plugins.api_docker.versions import ApiVersion
from sdk.engine.builds import CacheEntry
from sdk.engine.containers import ContainerState
from sdk.engine.images import ImageInfo
from sdk.engine.system import DiskUsage
from sdk.engine.volumes import VolumeInfo
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor
from sdk.oci.image import ExecutionConfig, ImageConfig, RootFS
from tests.unit.plugins.api_docker.convert.test_summaries import info

NEW = ApiVersion(1, 52)


def volume(size: int, users: int) -> VolumeInfo:
    return VolumeInfo(name="v", driver="local", mountpoint="/v", created_ns=0, labels={}, options={}, size=size, users=users)


def entry(size: int, *, in_use: bool = False, shared: bool = False) -> CacheEntry:
    return CacheEntry("e", "regular", "", size, 0, 0, 0, in_use, shared)


USAGE = DiskUsage(
    layers_size=1000,
    images=(),
    containers=(
        info(size_rw=5, size_root=9),
        info(size_rw=7, state=ContainerState.EXITED),
        info(size_rw=None, state=ContainerState.CREATED),
        info(size_rw=11, state=ContainerState.PAUSED),
    ),
    volumes=(volume(10, 1), volume(20, 0), volume(-1, 0)),
    builds=(entry(1), entry(2, in_use=True), entry(4, shared=True)),
)


def newer(usage: DiskUsage, kinds: frozenset[str] = KINDS, *, verbose: bool = False) -> dict[str, dict[str, object]]:
    return dict(json.loads(msgspec.json.encode(newer_disk_usage(usage, NEW, SummaryEncoder(), kinds, verbose=verbose))))


def sums(told: dict[str, object]) -> tuple[object, ...]:
    return tuple(told.get(name, 0) for name in ("ActiveCount", "TotalCount", "Reclaimable", "TotalSize"))


def test_each_kind_is_summed() -> None:
    told = newer(USAGE)
    assert sums(told["ContainerUsage"]) == (2, 4, 7, 23)
    assert sums(told["VolumeUsage"]) == (2, 3, 20, 30)
    assert sums(told["BuildCacheUsage"]) == (1, 3, 1, 7)
    assert sums(told["ImageUsage"]) == (0, 0, 1000, 1000)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("container", {"ContainerUsage", "Containers"}),
        ("image", {"ImageUsage", "Images", "LayersSize"}),
        ("volume", {"VolumeUsage", "Volumes"}),
        ("build-cache", {"BuildCacheUsage", "BuildCache"}),
    ],
)
def test_only_what_is_asked_for_is_told(kind: str, names: set[str]) -> None:
    assert newer(USAGE, frozenset({kind})).keys() == names
    assert newer(USAGE, frozenset({kind}), verbose=True).keys() == {name for name in names if name.endswith("Usage")}


def test_items_are_told_when_there_are_some() -> None:
    told = newer(USAGE, verbose=True)
    assert len(told["VolumeUsage"]["Items"]) == 3
    assert len(told["ContainerUsage"]["Items"]) == 4
    assert "Items" not in told["ImageUsage"]
    assert "Items" not in newer(USAGE)["VolumeUsage"]


def test_nothing_at_all() -> None:
    empty = DiskUsage(layers_size=0, images=(), containers=(), volumes=(), builds=())
    for verbose in (True, False):
        assert [sums(told) for name, told in newer(empty, verbose=verbose).items() if name.endswith("Usage")] == [(0, 0, 0, 0)] * 4


def test_an_older_client_is_told_everything_at_once() -> None:
    told = json.loads(msgspec.json.encode(disk_usage(USAGE, ApiVersion(1, 41), SummaryEncoder())))
    assert {name: len(told[name]) for name in ("Images", "Containers", "Volumes", "BuildCache")} == {
        "Images": 0,
        "Containers": 4,
        "Volumes": 3,
        "BuildCache": 3,
    }
    assert told["LayersSize"] == 1000


def image(size: int, shared: int, containers: int = 0) -> ImageInfo:
    config = ImageConfig(architecture="amd64", os="linux", rootfs=RootFS(()), config=ExecutionConfig())
    return ImageInfo(
        "i", config, Descriptor(OCI_MANIFEST, "sha256:1", 1), (), (), size, 0, 0, containers=containers, shared_size=shared
    )


@pytest.mark.parametrize(
    ("images", "active", "reclaimable"),
    [
        ((image(100, 40), image(50, 40)), 0, 1000),
        ((image(100, 40), image(50, 40, containers=1)), 1, 60),
        ((image(100, -1), image(50, 0, containers=1)), 1, 100),
        ((image(10, 40), image(50, 0, containers=1)), 1, 0),
        ((image(100, 0, containers=2),), 1, 0),
    ],
)
def test_images_that_no_container_has_can_be_reclaimed(images: tuple[ImageInfo, ...], active: int, reclaimable: int) -> None:
    told = newer(replace(USAGE, images=images))["ImageUsage"]
    assert sums(told) == (active, len(images), reclaimable, 1000)
