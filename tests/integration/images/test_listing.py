"""images and history: filters and what they show."""

from collections.abc import AsyncIterator

import pytest

from sdk.engine.images import HistoryEntry, ImageListRequest, ImportRequest
from sdk.errors import InvalidArgument, NoSuchImage, NotFound
from sdk.oci.descriptor import Platform
from sdk.oci.image import History
from sdk.oci.reference import parse_reference
from sdk.testing.images import make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]


async def made(rooms, name: str, *changes: str) -> str:
    async def tar() -> AsyncIterator[bytes]:
        yield make_tar({"file": name.encode()})

    repository, _, tag = name.rpartition(":")
    steps = rooms.images.import_archive(
        tar(), ImportRequest(repository=repository, tag=tag, message="made", changes=tuple(changes))
    )
    return [step.status async for step in steps][-1]


async def listed(rooms, **filters: str) -> list[str]:
    request = ImageListRequest(filters={key.replace("label_not", "label!"): tuple(value.split()) for key, value in filters.items()})
    return [tag for info in await rooms.images.list(request) for tag in info.tags]


@pytest.fixture
async def three(rooms) -> None:
    await made(rooms, "library/one:1", "LABEL kind=a")
    await made(rooms, "user/two:2", "LABEL kind=b extra=yes")
    await made(rooms, "127.0.0.1:5000/user/three:3")


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({}, ["127.0.0.1:5000/user/three:3", "user/two:2", "one:1"]),
        ({"label": "kind"}, ["user/two:2", "one:1"]),
        ({"label": "kind=a"}, ["one:1"]),
        ({"label": "kind extra=yes"}, ["user/two:2"]),
        ({"reference": "one"}, ["one:1"]),
        ({"reference": "*"}, ["one:1"]),
        ({"reference": "*:1"}, ["one:1"]),
        ({"reference": "user/*"}, ["user/two:2"]),
        ({"reference": "*/*/th?ee"}, ["127.0.0.1:5000/user/three:3"]),
        ({"reference": "docker.io/library/one"}, ["one:1"]),
        ({"reference": "docker.io/library/one:*"}, ["one:1"]),
        ({"reference": "index.docker.io/one:1"}, ["one:1"]),
        ({"reference": "docker.io/user/two"}, ["user/two:2"]),
        ({"reference": "docker.io/three"}, []),
        ({"reference": "one user/two:2"}, ["user/two:2", "one:1"]),
        ({"before": "user/two:2"}, ["one:1"]),
        ({"since": "user/two:2"}, ["127.0.0.1:5000/user/three:3"]),
        ({"before": "127.0.0.1:5000/user/three:3", "since": "one:1"}, ["user/two:2"]),
        ({"until": "1h"}, []),
        ({"dangling": "false"}, ["127.0.0.1:5000/user/three:3", "user/two:2", "one:1"]),
        ({"dangling": "true"}, []),
    ],
)
async def test_filters(rooms, three: None, filters: dict[str, str], shown: list[str]) -> None:
    assert await listed(rooms, **filters) == shown


async def test_bad_filters(rooms) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid filter 'nope'$"):
        await listed(rooms, nope="x")
    with pytest.raises(InvalidArgument, match=r"^invalid filter 'dangling=\[maybe\]'$"):
        await listed(rooms, dangling="maybe")
    with pytest.raises(NoSuchImage):
        await listed(rooms, before="missing")


async def test_a_reference_filter_shows_only_the_names_it_matches(rooms, three: None) -> None:
    await rooms.images.tag("one:1", "other/name", "x")
    assert await listed(rooms, reference="other/*") == ["other/name:x"]


async def test_history_begins_with_the_newest_step_which_alone_has_an_id(rooms) -> None:
    image = await made(rooms, "one:1")
    (entry,) = await rooms.images.history("one:1")
    created = entry.history.created
    assert entry == HistoryEntry(image, History(created=created, comment="made"), len("one:1"), ("one:1",))


async def test_shared_size_is_what_other_images_stand_on_too(rooms) -> None:
    image = await made(rooms, "one:1")
    await rooms.images.tag(image, "two", "2")
    (info,) = await rooms.images.list(ImageListRequest(shared_size=True))
    assert info.shared_size == 0


async def test_inspecting_for_another_platform(rooms) -> None:
    await made(rooms, "one:1")
    with pytest.raises(
        NotFound,
        match=r"image with reference one:1 was found but its platform \(linux/amd64\) does not match the specified platform \(linux/s390x\)",
    ):
        await rooms.images.inspect("one:1", platform=Platform("s390x"))


async def test_a_filter_by_tag_keeps_the_digest_of_its_repository(rooms) -> None:
    image = await made(rooms, "one:1")
    digest = "sha256:" + "1" * 64
    for name in ("one", "other"):
        rooms.store.tag(image, parse_reference(f"{name}@{digest}"))
    await rooms.images.tag(image, "other", "1")
    for pattern in ("one:1", "one", "on?", "one:*", "docker.io/library/one:1", f"one@{digest}"):
        (info,) = await rooms.images.list(ImageListRequest(filters={"reference": (pattern,)}))
        assert info.digests == (f"one@{digest}",), pattern
