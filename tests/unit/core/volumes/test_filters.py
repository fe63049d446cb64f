"""Lists and pruning of volumes."""

import pytest

from core.volumes.filters import listed, prunable
from core.volumes.record import VolumeRecord
from sdk.errors import InvalidArgument


def record(name: str, driver: str = "local", labels: dict[str, str] | None = None, *, anonymous: bool = False) -> VolumeRecord:
    own = {"com.docker.volume.anonymous": ""} if anonymous else {}
    return VolumeRecord(name=name, driver=driver, mountpoint="", labels=own | (labels or {}), created_ns=0)


RECORDS = [
    record("web-data", labels={"app": "web", "keep": ""}),
    record("data", "nfs"),
    record("a" * 64, anonymous=True),
    record("used", labels={"app": "db"}, anonymous=True),
]


def users(name: str) -> set[str]:
    return {"container"} if name in ("used", "data") else set()


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["a" * 64, "data", "used", "web-data"]),
        ({"name": ("data",)}, ["data", "web-data"]),
        ({"name": ("^data",)}, ["data"]),
        ({"name": ("web", "used")}, ["used", "web-data"]),
        ({"name": ("none",)}, []),
        ({"driver": ("nfs",)}, ["data"]),
        ({"driver": ("nfs", "local")}, ["a" * 64, "data", "used", "web-data"]),
        ({"driver": ("nf",)}, []),
        ({"label": ("app",)}, ["used", "web-data"]),
        ({"label": ("app=web", "keep")}, ["web-data"]),
        ({"label": ("app=x",)}, []),
        ({"dangling": ("true",)}, ["a" * 64, "web-data"]),
        ({"dangling": ("0",)}, ["data", "used"]),
        ({"name": ("data",), "dangling": ("1",)}, ["web-data"]),
    ],
)
def test_lists(filters: dict[str, tuple[str, ...]], names: list[str]) -> None:
    assert [found.name for found in listed(RECORDS, filters, users)] == names


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["a" * 64]),
        ({"all": ("true",)}, ["web-data", "a" * 64]),
        ({"all": ("false",)}, ["a" * 64]),
        ({"all": ("1",), "label": ("app",)}, ["web-data"]),
        ({"all": ("1",), "label!": ("app",)}, ["a" * 64]),
    ],
)
def test_pruning_takes_what_no_container_uses(filters: dict[str, tuple[str, ...]], names: list[str]) -> None:
    assert [found.name for found in prunable(RECORDS, filters, users)] == names


@pytest.mark.parametrize("work", [listed, prunable])
@pytest.mark.parametrize("filters", [{"color": ("red",)}, {"dangling": ("maybe",), "all": ("maybe",)}])
def test_what_is_no_filter_is_refused(work, filters: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(InvalidArgument, match="invalid filter"):
        work(RECORDS, filters, users)
