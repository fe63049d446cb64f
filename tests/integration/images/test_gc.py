"""Garbage collection by policy: the longest unused go first, what is in use or served never does."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.engine.context import GcPolicy
from core.engine.images.content.service import ContentService
from core.engine.images.gc import collect_by_policy
from sdk.engine.images import ImportRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import OCI_MANIFEST
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_image, make_tar
from tests.integration.images.conftest import Rooms

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

CONTAINER = "c" * 64
HOUR = 3_600_000_000_000


async def made(rooms: Rooms, name: str, hours: int, size: int = 1 << 20) -> str:
    """Make an image that was used last so many hours ago, and return its ID."""

    async def tar() -> AsyncIterator[bytes]:
        yield make_tar({"file": os.urandom(size)})

    steps = rooms.images.import_archive(tar(), ImportRequest(repository=name, tag="1"))
    image = [step.status async for step in steps][-1]
    rooms.database.table("image_uses", int).put(image, time.time_ns() - hours * HOUR)
    rooms.store._uses[image] = time.time_ns() - hours * HOUR
    return image


def names(rooms: Rooms) -> list[str]:
    return sorted(name.path.removeprefix("library/") for image in rooms.store for name in rooms.store.names(image.id))


async def test_what_was_not_used_for_long_goes(rooms: Rooms) -> None:
    for hours in (1, 5, 9):
        await made(rooms, f"used{hours}", hours)
    removals, freed = await collect_by_policy(rooms.images.context, GcPolicy(max_age="6h"))
    assert names(rooms) == ["used1", "used5"]
    assert (removals[0].untagged, freed > 1 << 20) == ("used9:1", True)
    assert (await collect_by_policy(rooms.images.context, GcPolicy(max_age="6h")))[0] == []


async def test_as_many_go_as_it_takes_the_longest_unused_first(rooms: Rooms, disk: Path) -> None:
    for hours in (1, 5, 9, 3):
        await made(rooms, f"used{hours}", hours)
    status = os.statvfs(disk)
    free = status.f_bavail * status.f_frsize
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free=str(free + (3 << 20))))
    assert names(rooms) == ["used1", "used3"]
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free="1"))
    assert names(rooms) == ["used1", "used3"]
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free="100%"))
    assert names(rooms) == []


async def test_what_was_used_just_now_is_spared_by_the_daemon_itself(rooms: Rooms) -> None:
    await made(rooms, "new", 0)
    await made(rooms, "old", 1)
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free="100%"))
    assert names(rooms) == ["new"]
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free="100%", spared=""))
    assert names(rooms) == []


async def test_what_is_in_use_stays(rooms: Rooms) -> None:
    used = await made(rooms, "used", 100)
    rooms.users[used] = [(CONTAINER, False)]
    content = ContentService(rooms.images.context)
    served = make_image((make_tar({"served": b"s"}),))
    for descriptor, blob in served.blobs:
        upload = await content.upload()
        await upload.write(blob)
        await upload.commit(descriptor.digest)
    await content.put_manifest(parse_reference("127.0.0.1:5000/served:1"), served.manifest, OCI_MANIFEST)
    rooms.store._uses[served.id] = 1
    await collect_by_policy(rooms.images.context, GcPolicy(keep_free="100%", max_age="1h", spared=""))
    assert {image.id for image in rooms.store} == {used, served.id}


async def test_use_is_noted_and_outlives_the_daemon(rooms: Rooms, reopened) -> None:
    image = await made(rooms, "used", 5)
    assert time.time_ns() - rooms.store.last_used_ns(image) > 4 * HOUR
    rooms.store.use(image)
    noted = rooms.store.last_used_ns(image)
    assert time.time_ns() - noted < HOUR
    assert reopened().store.last_used_ns(image) == noted


@pytest.mark.parametrize("filters", [{"unused-for": ("soon",)}, {"unused-for": ("1700000000",)}, {"min-free-space": ("much",)}])
async def test_what_makes_no_sense_is_refused_and_removes_nothing(rooms: Rooms, filters: dict[str, tuple[str, ...]]) -> None:
    await made(rooms, "one", 5)
    with pytest.raises(InvalidArgument):
        await rooms.images.prune({"dangling": ("false",), **filters})
    assert names(rooms) == ["one"]
