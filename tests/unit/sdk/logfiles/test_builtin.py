"""Options that every log driver takes."""

import pytest

from sdk.errors import InvalidArgument
from sdk.logfiles.builtin import cache_options, check_builtin, is_cached


@pytest.mark.parametrize(
    "options", [{}, {"mode": ""}, {"mode": "blocking"}, {"mode": "non-blocking"}, {"mode": "non-blocking", "max-buffer-size": "4m"}]
)
def test_modes(options: dict[str, str]) -> None:
    check_builtin(options)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"mode": "x"}, "logger: logging mode not supported: x"),
        ({"mode": "a\n" + "x" * 600}, f"logger: logging mode not supported: a {'x' * 510}..."),
        ({"max-buffer-size": "4m"}, "logger: max-buffer-size option is only supported with 'mode=non-blocking'"),
        (
            {"mode": "blocking", "max-buffer-size": "4m"},
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
        ),
        ({"mode": "non-blocking", "max-buffer-size": "x"}, "error parsing option max-buffer-size: invalid size: 'x'"),
    ],
)
def test_modes_that_docker_refuses(options: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_builtin(options)
    assert caught.value.message == reason


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cache-disabled": "x"}, "invalid value for option cache-disabled: x"),
        ({"cache-max-size": "x"}, "invalid size: 'x'"),
        ({"cache-max-file": "0"}, "max-file cannot be less than 1"),
        ({"cache-compress": "x"}, 'strconv.ParseBool: parsing "x": invalid syntax'),
    ],
)
def test_copies_that_docker_refuses(options: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_builtin(options)
    assert caught.value.message == reason


@pytest.mark.parametrize(("text", "cached"), [("", True), ("false", True), ("0", True), ("true", False), ("1", False)])
def test_a_copy_may_be_left_out(text: str, *, cached: bool) -> None:
    assert is_cached({"cache-disabled": text}) is cached


def test_options_of_a_copy_are_those_of_the_local_driver() -> None:
    options = {"cache-max-size": "1m", "cache-disabled": "false", "max-size": "2m", "tag": "x"}
    assert cache_options(options) == {"max-size": "1m"}
