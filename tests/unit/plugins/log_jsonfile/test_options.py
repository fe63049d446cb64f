import pytest

from plugins.log_jsonfile.driver import JsonFileDriver
from sdk.errors import InvalidArgument
from sdk.logfiles.opening import log_opener
from sdk.logfiles.rotation import RotationDefaults

DEFAULTS = RotationDefaults("10m", 3, compress=False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"color": "red"}, "unknown log opt 'color' for json-file log driver"),
        ({"max-size": "lots"}, "invalid size: 'lots'"),
        ({"max-file": "0"}, "max-file cannot be less than 1"),
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
                "cache-disabled": "true",
            }
        )
