from pathlib import Path

import pytest

from plugins.log_jsonfile.attributes import attributes_of
from plugins.log_jsonfile.driver import JsonFileDriver
from sdk.drivers.logs import LogContext
from sdk.errors import InvalidArgument
from sdk.logfiles.opening import log_opener
from sdk.logfiles.rotation import Rotation, RotationDefaults, parse_rotation

DEFAULTS = RotationDefaults("10m", 3, compress=False)


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


def test_logs_rotate_by_default():
    assert parse_rotation({}, DEFAULTS) == Rotation(10_000_000, 3, compress=False)


@pytest.mark.parametrize(
    ("options", "rotation"),
    [
        ({"max-size": "1k"}, Rotation(1000, 3, compress=False)),
        ({"max-size": "1.5m", "max-file": "1"}, Rotation(1_500_000, 1, compress=False)),
        ({"max-size": "2GB", "compress": "true"}, Rotation(2_000_000_000, 3, compress=True)),
        ({"max-size": "-1"}, Rotation(0, 3, compress=False)),
        ({"max-file": "0" * 5000 + "2"}, Rotation(10_000_000, 2, compress=False)),
        ({"max-file": "+2"}, Rotation(10_000_000, 2, compress=False)),
    ],
)
def test_rotation(options, rotation):
    assert parse_rotation(options, DEFAULTS) == rotation


def test_a_default_makes_no_contradiction():
    assert not parse_rotation({"max-file": "1"}, RotationDefaults("10m", 3, compress=True)).compress


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "red"}, "unknown log opt 'color' for json-file log driver"),
        ({"max-size": "lots"}, "invalid size: 'lots'"),
        ({"max-size": "0"}, "max-size must be a positive number: 0"),
        ({"max-file": "0"}, "max-file cannot be less than 1"),
        ({"max-file": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"max-file": ""}, 'strconv.Atoi: parsing "": invalid syntax'),
        ({"max-file": "1_0"}, 'strconv.Atoi: parsing "1_0": invalid syntax'),
        ({"max-file": " 5"}, 'strconv.Atoi: parsing "5": invalid syntax'),
        ({"max-file": "-3"}, "max-file cannot be less than 1"),
        ({"max-file": "9" * 19}, 'strconv.Atoi: parsing "9999999999999999999": value out of range'),
        ({"max-size": "9" * 400}, f"invalid size: '{'9' * 400}'"),
        ({"max-size": "9223372036854775808"}, "invalid size: '9223372036854775808'"),
        ({"max-size": "\u0663m"}, "invalid size: '\u0663m'"),
        ({"compress": "perhaps"}, 'strconv.ParseBool: parsing "perhaps": invalid syntax'),
        (
            {"compress": "true", "max-file": "1"},
            "compress cannot be true when max-file is less than 2 or max-size is not set",
        ),
        ({"mode": "quick"}, "logger: logging mode not supported: quick"),
        ({"max-buffer-size": "1m"}, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"),
        ({"tag": "{{.Nobody}}"}, "can't evaluate field Nobody in type logger.Info"),
    ],
)
def test_bad_options(options, sentence):
    with log_opener(DEFAULTS) as opener, pytest.raises(InvalidArgument) as raised:
        JsonFileDriver(opener).check(options)
    assert raised.value.message == sentence


def test_all_of_dockers_options_are_taken():
    with log_opener(DEFAULTS) as opener:
        JsonFileDriver(opener).check(
            {
                "max-size": "1m",
                "max-file": "2",
                "compress": "true",
                "labels": "a,b",
                "labels-regex": "^x",
                "env": "A",
                "env-regex": "B",
                "tag": "{{.Name}}/{{.ID}}",
                "mode": "non-blocking",
                "max-buffer-size": "4m",
            }
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
