"""Destinations and paths of mounts without detours, and those that cannot be."""

import pytest

from sdk.engine.mounts import checked_destination, checked_path, checked_subpath
from sdk.errors import InvalidArgument

INVALID = 'invalid mount config for type "bind": '


@pytest.mark.parametrize(
    ("path", "checked"), [("/a", "/a"), ("//a", "/a"), ("/a//b/", "/a/b"), ("/a/./../b", "/b"), ("/../a", "/a"), ("/", "/")]
)
def test_a_path_is_kept_without_detours(path: str, checked: str) -> None:
    assert checked_path(path, "bind") == checked


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        ("", "field Target must not be empty"),
        ("/", "invalid specification: destination can't be '/'"),
        ("//", "invalid specification: destination can't be '/'"),
        ("/a/..", "invalid specification: destination can't be '/'"),
        ("a", "invalid mount path: 'a' mount path must be absolute"),
        ("../a", "invalid mount path: '../a' mount path must be absolute"),
    ],
)
def test_a_destination_that_cannot_be(destination: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_destination(destination, "bind")
    assert caught.value.message == INVALID + reason


@pytest.mark.parametrize("subpath", ["", "a", "a/b", "a/../b", "..a", "./a", "a/.."])
def test_a_subpath_stays_within(subpath: str) -> None:
    assert checked_subpath(subpath, "volume") == subpath


@pytest.mark.parametrize("subpath", ["/a", "..", "../a", "a/../../b", "./.."])
def test_a_subpath_that_leads_out(subpath: str) -> None:
    with pytest.raises(InvalidArgument, match="subpath must be a relative path within the volume"):
        checked_subpath(subpath, "volume")
