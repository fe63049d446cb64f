"""What a client of an older API may say of a mount."""

import pytest

from plugins.api_docker.bodies import JSON
from plugins.api_docker.convert.mount_options import mounts_of
from plugins.api_docker.versions import ApiVersion
from sdk.errors import InvalidArgument

BIND = {"Type": "bind", "Source": "/s", "Target": "/t"}


def one(mount: dict[str, JSON], minor: int) -> JSON:
    (kept,) = mounts_of([mount], ApiVersion(1, minor))
    return kept


@pytest.mark.parametrize("value", [None, "x", 5, {}, [], ["x", None, 5]])
def test_what_is_no_list_of_mounts_is_the_next_readers(value: JSON) -> None:
    assert mounts_of(value, ApiVersion(1, 41)) == value


@pytest.mark.parametrize(("group", "owner"), [("VolumeOptions", "volume"), ("BindOptions", "bind"), ("TmpfsOptions", "tmpfs")])
@pytest.mark.parametrize("kind", ["volume", "bind", "tmpfs", "image", ""])
def test_options_of_another_type_are_refused_by_a_newer_api(group: str, owner: str, kind: str) -> None:
    mount: dict[str, JSON] = {"Type": kind, "Target": "/t", group: {}}
    if kind == owner:
        assert one(mount, 48) == mount
        return
    with pytest.raises(InvalidArgument) as refused:
        one(mount, 48)
    assert refused.value.message == f'{group} must not be specified on mount type "{kind}"'
    if kind != "image":
        assert (group in (one(mount, 41) or {})) is (group == "BindOptions")


@pytest.mark.parametrize(
    ("minor", "mount", "message"),
    [
        (
            43,
            {**BIND, "BindOptions": {"ReadOnlyForceRecursive": True}},
            "BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer",
        ),
        (
            44,
            {"Type": "volume", "Target": "/t", "VolumeOptions": {"Subpath": "a"}},
            "VolumeOptions.Subpath needs API v1.45 or newer",
        ),
        (47, {"Type": "image", "Target": "/t"}, 'Mount type "Image" needs API v1.48 or newer'),
    ],
)
def test_what_came_later_is_refused_before_and_taken_since(minor: int, mount: dict[str, JSON], message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        one(mount, minor)
    assert refused.value.message == message
    assert one(mount, minor + 1) == mount


@pytest.mark.parametrize(
    ("minor", "kept"),
    [
        (39, {"Propagation": "rprivate"}),
        (40, {"Propagation": "rprivate", "NonRecursive": True}),
        (41, {"Propagation": "rprivate", "NonRecursive": True}),
        (42, {"Propagation": "rprivate", "NonRecursive": True, "CreateMountpoint": True}),
    ],
)
def test_what_an_older_api_did_not_know_does_not_count(minor: int, kept: dict[str, JSON]) -> None:
    options: dict[str, JSON] = {"Propagation": "rprivate", "NonRecursive": True, "CreateMountpoint": True}
    assert one({**BIND, "BindOptions": options}, minor) == {**BIND, "BindOptions": kept}


@pytest.mark.parametrize("options", [None, "x", 5, []])
def test_options_of_a_wrong_kind_are_the_next_readers(options: JSON) -> None:
    assert one({**BIND, "BindOptions": options}, 41) == {**BIND, "BindOptions": options}
