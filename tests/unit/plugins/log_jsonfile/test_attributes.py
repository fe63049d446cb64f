"""What a json-file log's every line carries, the tag among it."""

from pathlib import Path

import pytest

from plugins.log_jsonfile.attributes import attributes_of
from sdk.drivers.logs import LogContext


def context(**options: str) -> LogContext:
    return LogContext(
        "0123456789abcdef",
        "box",
        "busybox",
        Path("/"),
        {key.replace("_", "-"): value for key, value in options.items()},
        {"tier": "web", "team.name": "core", "other": "x"},
        ("HOME=/root", "APP_ENV=prod=1", "EMPTY"),
    )


@pytest.mark.parametrize(
    ("options", "attributes"),
    [
        ({}, {}),
        ({"labels": "tier,missing"}, {"tier": "web"}),
        ({"labels_regex": "^te"}, {"team.name": "core"}),
        ({"env": "EMPTY,APP_ENV"}, {"APP_ENV": "prod=1", "EMPTY": ""}),
        ({"env_regex": "^(HOME|EMPTY)$", "labels": "other"}, {"EMPTY": "", "HOME": "/root", "other": "x"}),
        ({"tag": "{{.ImageName}}/{{ .Name }}/{{.ID}}"}, {"tag": "busybox/box/0123456789ab"}),
    ],
)
def test_attributes(options, attributes):
    assert attributes_of(context(**options)) == attributes
    assert list(attributes_of(context(**options))) == sorted(attributes)
