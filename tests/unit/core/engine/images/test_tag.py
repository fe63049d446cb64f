from pathlib import Path

import pytest

from core.engine.images.tag import tag, tag_reference
from sdk.errors import InvalidArgument, NoSuchImage
from sdk.oci.digest import digest_of
from tests.unit.core.engine.images.contexts import open_images


@pytest.mark.parametrize(
    ("repository", "given", "expected"),
    [
        ("app", "", "app:latest"),
        ("app", "1", "app:1"),
        ("app:2", "", "app:2"),
        ("host:5000/x/app", "1", "host:5000/x/app:1"),
        ("docker.io/library/app", "1", "app:1"),
    ],
)
def test_names(repository: str, given: str, expected: str) -> None:
    assert tag_reference(repository, given).familiar == expected


@pytest.mark.parametrize(
    ("repository", "given", "message"),
    [
        (f"app@{digest_of(b'x')}", "", "refusing to create a tag with a digest reference"),
        ("App", "1", "must be lowercase"),
        ("", "", "invalid reference format"),
        ("app", "a b", "invalid tag format"),
        ("app", "t" * 129, "invalid tag format"),
        ("0" * 64, "", "64-byte hexadecimal string"),
    ],
)
def test_what_can_be_no_tag(repository: str, given: str, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        tag_reference(repository, given)


@pytest.mark.anyio
async def test_a_tag_is_one_more_name_and_is_announced(tmp_path: Path) -> None:
    images = open_images(tmp_path)
    await images.add("a", "app:1")
    tag(images.context, "app:1", "other", "2")
    assert images.context.store.find("other:2").id == images.id("a")
    assert [(event.action, event.actor, event.attributes["name"]) for event in images.events] == [
        ("tag", images.id("a"), "other:2")
    ]
    with pytest.raises(NoSuchImage):
        tag(images.context, "missing", "x", "1")
    with pytest.raises(InvalidArgument):
        tag(images.context, "app:1", "X", "1")
    assert len(images.events) == 1
