"""`max-size`, `max-file`, `compress` and `mode` as Docker reads them."""

import pytest

from sdk.errors import InvalidArgument
from sdk.logfiles.rotation import Rotation, RotationDefaults, buffer_of, check_mode, parse_rotation, parse_size

JSON = RotationDefaults("-1", 1, compress=False)
LOCAL = RotationDefaults("20m", 5, compress=True)


@pytest.mark.parametrize(
    ("options", "defaults", "rotation"),
    [
        ({}, JSON, Rotation(0, 1, compress=False)),
        ({}, LOCAL, Rotation(20_000_000, 5, compress=True)),
        ({"max-size": "10k", "max-file": "+03"}, JSON, Rotation(10_000, 3, compress=False)),
        ({"max-size": "1", "max-file": "2", "compress": "T"}, JSON, Rotation(1, 2, compress=True)),
        ({"max-file": "1"}, LOCAL, Rotation(20_000_000, 1, compress=False)),
        ({"max-size": "-1"}, LOCAL, Rotation(0, 5, compress=False)),
        ({"max-size": "2GB", "max-file": "3", "compress": "true"}, JSON, Rotation(2_000_000_000, 3, compress=True)),
        ({"max-size": "1.5m"}, LOCAL, Rotation(1_500_000, 5, compress=True)),
        ({"max-file": "0" * 5000 + "2"}, LOCAL, Rotation(20_000_000, 2, compress=True)),
        ({"compress": "0"}, LOCAL, Rotation(20_000_000, 5, compress=False)),
    ],
)
def test_what_is_not_given_is_the_drivers_own(options: dict[str, str], defaults: RotationDefaults, rotation: Rotation) -> None:
    assert parse_rotation(options, defaults) == rotation


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"max-size": "0"}, "max-size must be a positive number: 0"),
        ({"max-size": "x"}, "invalid size: 'x'"),
        ({"max-size": ""}, "invalid size: ''"),
        ({"max-size": "9" * 400}, f"invalid size: '{'9' * 400}'"),
        ({"max-size": "9223372036854775808"}, "invalid size: '9223372036854775808'"),
        ({"max-size": "\u0663m"}, "invalid size: '\u0663m'"),
        ({"max-file": "0"}, "max-file cannot be less than 1"),
        ({"max-file": "-1"}, "max-file cannot be less than 1"),
        ({"max-file": ""}, 'strconv.Atoi: parsing "": invalid syntax'),
        ({"max-file": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"max-file": " 5"}, 'strconv.Atoi: parsing "5": invalid syntax'),
        ({"max-file": "1_0"}, 'strconv.Atoi: parsing "1_0": invalid syntax'),
        ({"max-file": "1" * 19}, f'strconv.Atoi: parsing "{"1" * 19}": value out of range'),
        ({"compress": "yes"}, 'strconv.ParseBool: parsing "yes": invalid syntax'),
        ({"compress": "a\n" + "y" * 600}, f'strconv.ParseBool: parsing "a {"y" * 510}...": invalid syntax'),
        ({"max-size": "a\n" + "x" * 600}, f"invalid size: 'a {'x' * 510}...'"),
        (
            {"compress": "true", "max-file": "1", "max-size": "1k"},
            "compress cannot be true when max-file is less than 2 or max-size is not set",
        ),
        ({"compress": "true", "max-file": "2"}, "compress cannot be true when max-file is less than 2 or max-size is not set"),
    ],
)
def test_options_that_docker_refuses(options: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_rotation(options, JSON)
    assert caught.value.message == reason


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1", 1),
        ("1b", 1),
        ("1k", 1000),
        ("1kB", 1000),
        ("1KiB", 1000),
        ("1.5m", 1_500_000),
        ("1 g", 10**9),
        ("9223p", 9223 * 10**15),
    ],
)
def test_a_size_counts_in_powers_of_1000(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "k", "1x", "1e3", "٣", "9224p", "9" * 400])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^invalid size: "):
        parse_size(text)


def test_buffers_have_binary_units() -> None:
    assert (parse_size("4m"), parse_size("4m", unit=1024)) == (4_000_000, 4 << 20)


def test_a_driver_of_api_1_0_checks_the_mode_as_ever() -> None:
    check_mode({"mode": "non-blocking", "max-buffer-size": "4m"})
    with pytest.raises(InvalidArgument, match=r"^logger: logging mode not supported: quick$"):
        check_mode({"mode": "quick"})


def test_a_buffer_is_what_the_option_says() -> None:
    assert buffer_of({"max-buffer-size": "2m"}, 5) == 2 << 20
    assert buffer_of({}, 5) == 5
