"""A command line is read as dockerd's flag library reads it."""

import pytest

from core.dockerd.flags import FlagError, Flags, parse_flags


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("-D", {"debug": ["true"]}),
        ("--debug=0", {"debug": ["0"]}),
        ("-Dp /x", {"debug": ["true"], "pidfile": ["/x"]}),
        ("-p/x", {"pidfile": ["/x"]}),
        ("-p=/x", {"pidfile": ["/x"]}),
        ("-H a -H=b --host c", {"host": ["a", "b", "c"]}),
        ("--pidfile a --pidfile b", {"pidfile": ["b"]}),
        ("--label --x=1", {"label": ["--x=1"]}),
        ("--mtu=1400 --", {"mtu": ["1400"]}),
    ],
)
def test_spellings(line: str, given: dict[str, list[str]]) -> None:
    assert parse_flags(line.split()) == Flags(given)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--nonsense", "unknown flag: --nonsense"),
        ("--nonsense=1", "unknown flag: --nonsense"),
        ("--deb", "unknown flag: --deb"),
        ("-Dx", "unknown shorthand flag: 'x' in -Dx"),
        ("--pidfile", "flag needs an argument: --pidfile"),
        ("-Dp", "flag needs an argument: 'p' in -Dp"),
        ("--=1", "bad flag syntax: --=1"),
        ("--debug maybe", '"dockerd" accepts no arguments'),
        ("-- x", '"dockerd" accepts no arguments'),
        ("-D=maybe", 'invalid argument "maybe" for "-D, --debug" flag: strconv.ParseBool: parsing "maybe": invalid syntax'),
        ("--icc=2", 'invalid argument "2" for "--icc" flag: strconv.ParseBool: parsing "2": invalid syntax'),
    ],
)
def test_refusals(line: str, sentence: str) -> None:
    with pytest.raises(FlagError) as caught:
        parse_flags(line.split())
    assert str(caught.value) == sentence
