"""Users and groups, looked up as the container's files say."""

import pytest

from core.containers.process.users import Accounts, identify
from sdk.errors import InvalidArgument, StartFailed

ACCOUNTS = Accounts(
    passwd="root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/false\nbroken\n",
    group="root:x:0:\nwww:x:33:\nstaff:x:50:www,other\nwheel:x:10:root\n",
)


@pytest.mark.parametrize(
    ("spec", "uid", "gid", "extra", "home"),
    [
        ("", 0, 0, (0, 10), "/root"),
        ("www", 33, 33, (33, 50), "/var/www"),
        ("33", 33, 33, (33, 50), "/var/www"),
        ("www:staff", 33, 50, (50,), "/var/www"),
        ("www:7", 33, 7, (7,), "/var/www"),
        ("1234", 1234, 0, (0,), "/"),
        ("1234:staff", 1234, 50, (50,), "/"),
    ],
)
def test_identify(spec, uid, gid, extra, home):
    identity = identify(spec, ACCOUNTS)
    assert (identity.user.uid, identity.user.gid, identity.user.additional_gids, identity.home) == (uid, gid, extra, home)


def test_zeros_may_lead_a_number_however_many():
    assert identify("0" * 5000 + "33", ACCOUNTS).user.uid == 33
    assert identify("app", Accounts(passwd=f"app:x:{'0' * 5000}7:8::/:\n")).user.uid == 7


def test_groups_of_the_command_line_are_added():
    assert identify("www", ACCOUNTS, ("wheel", "99")).user.additional_gids == (33, 10, 50, 99)


def test_unknown_names_are_named():
    with pytest.raises(StartFailed, match="unable to find user nobody: no matching entries in passwd file"):
        identify("nobody", ACCOUNTS)
    with pytest.raises(StartFailed, match="unable to find group none: no matching entries in group file"):
        identify("www:none", ACCOUNTS)


@pytest.mark.parametrize("spec", ["4294967296", "2147483648", "-1", "0:-1", "0:4294967296", "www:-2"])
def test_numbers_beyond_the_kernels_are_refused(spec):
    with pytest.raises(InvalidArgument) as refused:
        identify(spec, ACCOUNTS)
    assert refused.value.message == "uids and gids must be in range 0-2147483647"


@pytest.mark.parametrize("number", ["99999999999999999999", "9" * 5000, "1_0", " 1", "\u0661"])
def test_what_is_no_number_of_64_bits_is_a_name(number):
    with pytest.raises(StartFailed, match="unable to find user"):
        identify(number, ACCOUNTS)


@pytest.mark.parametrize("number", ["x", "", "-5", "9" * 5000])
def test_a_container_may_write_anything_into_its_files(number):
    accounts = Accounts(passwd=f"odd:x:{number}:{number}::/home:/bin/sh\n", group=f"odd:x:{number}:odd\n")
    for spec in ("odd", "0:odd", "7"):
        try:
            identity = identify(spec, accounts)
        except (InvalidArgument, StartFailed):
            continue
        assert identity.user.uid in (0, 7)


def test_an_image_without_files_still_has_root():
    assert identify("", Accounts()).home == "/"


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_a_line_ends_at_a_newline_alone(separator: str) -> None:
    forged = f"app:x:1000:1000:a{separator}root:x:0:0::/:\nb:/home/app:/bin/sh\nroot:x:0:0:root:/root:/bin/sh\n"
    accounts = Accounts(passwd=forged.replace("\nb", "b", 1), group=f"www:x:33:app{separator}root:x:0:app\n")
    assert identify("1000", accounts).user.additional_gids == (1000,)
    assert identify("root", accounts).home == "/root"


def test_lines_may_end_as_windows_writes_them() -> None:
    accounts = Accounts(passwd="app:x:5:6:a:/home/app:/bin/sh\r\n", group="staff:x:50:other,app\r\n")
    assert identify("app", accounts).user.additional_gids == (6, 50)
