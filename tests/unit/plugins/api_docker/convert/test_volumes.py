"""Volumes on the wire."""

import json

import msgspec
import pytest

from plugins.api_docker.convert.volumes import volume
from sdk.engine.volumes import VolumeInfo


def shown(**fields: object) -> dict[str, object]:
    made = VolumeInfo(
        **{"name": "v", "driver": "local", "mountpoint": "/v", "created_ns": 0, "labels": {}, "options": {}, **fields}
    )
    return dict(json.loads(msgspec.json.encode(volume(made))))


def test_what_is_empty_is_null() -> None:
    assert shown() == {
        "CreatedAt": "1970-01-01T00:00:00Z",
        "Driver": "local",
        "Labels": None,
        "Mountpoint": "/v",
        "Name": "v",
        "Options": None,
        "Scope": "local",
    }
    full = shown(labels={"a": "b"}, options={"type": "tmpfs"})
    assert (full["Labels"], full["Options"]) == ({"a": "b"}, {"type": "tmpfs"})


@pytest.mark.parametrize(
    ("size", "users", "usage"),
    [
        (-1, -1, None),
        (0, 0, {"Size": 0, "RefCount": 0}),
        (-1, 2, {"Size": -1, "RefCount": 2}),
        (5, -1, {"Size": 5, "RefCount": -1}),
    ],
)
def test_usage_is_told_where_it_was_measured(size: int, users: int, usage: dict[str, int] | None) -> None:
    assert shown(size=size, users=users).get("UsageData") == usage
