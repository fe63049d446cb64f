"""Names and options of local volumes, in Docker's words."""

import pytest

from plugins.volume_local.options import MountOptions, check_name, mount_volume, parse_options
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("name", ["ab", "a.b", "A_b-c", "0" * 255])
def test_a_name(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a", "volume name is too short, names should be at least two alphanumeric characters"),
        ("", '"" includes invalid characters'),
        (".a", '".a" includes invalid characters'),
        ("-a", "includes invalid characters"),
        ("a/b", "includes invalid characters"),
        ("..", "includes invalid characters"),
        ("ab\n", "includes invalid characters"),
        ("a\u00e9", "includes invalid characters"),
        ("0" * 256, "is too long for a local volume name"),
    ],
)
def test_a_name_that_is_no_directory_of_ours(name: str, sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_name(name)
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("options", "parsed"),
    [
        ({}, MountOptions()),
        ({"type": "", "device": "", "o": ""}, None),
        ({"type": "tmpfs", "device": "tmpfs"}, MountOptions("tmpfs", "tmpfs")),
        ({"type": "tmpfs", "device": "x", "o": "uid=1", "size": "1m"}, MountOptions("tmpfs", "x", "uid=1", "1m")),
        ({"type": "none", "device": "/srv", "o": "bind"}, MountOptions("none", "/srv", "bind")),
    ],
)
def test_options(options: dict[str, str], parsed: MountOptions | None) -> None:
    if parsed is None:
        with pytest.raises(InvalidArgument):
            parse_options(options)
        return
    assert parse_options(options) == parsed
    assert parsed.is_mounted is bool(options)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"colour": "red"}, 'invalid option: "colour"'),
        ({"type": "tmpfs"}, 'missing required option: "device"'),
        ({"device": "x"}, 'missing required option: "type"'),
        ({"o": "bind", "type": "none"}, 'missing required option: "device"'),
        ({"size": "1m"}, "quota size requested but no quota support"),
        ({"size": "1m", "type": "nfs", "device": "x"}, "quota size requested but no quota support"),
        ({"type": "tmpfs", "device": "a\0b"}, 'invalid option: "device" has a zero byte in it'),
        ({"type": "tmpfs", "device": "x", "o": "uid=1\0"}, 'invalid option: "o" has a zero byte in it'),
    ],
)
def test_options_that_make_no_volume(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_options(options)
    assert refused.value.message == sentence


@pytest.mark.parametrize("host", ["a" * 100, "..", "\u00e9" * 70, ""])
def test_an_address_that_is_no_host_name_is_told(host: str) -> None:
    """A label of more than 63 characters was told in Python's words."""
    options = MountOptions("nfs", ":/x", f"rw,addr={host}")
    with pytest.raises(InvalidArgument, match=r"error resolving passed in network volume address: lookup .*: no such host"):
        mount_volume(options, "/nowhere")
