"""Who a process runs as: `user[:group]` looked up in a container's own passwd and group files (passwd(5), group(5))."""

from dataclasses import dataclass

from sdk.errors import InvalidArgument, StartFailed
from sdk.numbers import BadNumber, parse_int64
from sdk.oci.runtime import User
from sdk.text import lines

_HIGHEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Accounts:
    """The two files' content, as a container sees them; empty where it has none."""

    passwd: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Numbers for the kernel, and the home directory for HOME."""

    user: User
    home: str


def identify(spec: str, accounts: Accounts, extra_groups: tuple[str, ...] = ()) -> Identity:
    """Resolve a `user[:group]` (empty: root). Raises StartFailed (no such name), InvalidArgument (number out of range)."""
    wanted, colon, wanted_group = spec.partition(":")
    number = _number(wanted or "0")
    entry = _passwd_entry(accounts.passwd, wanted, number)
    if entry is None and number is None:
        raise StartFailed(f"unable to find user {wanted}: no matching entries in passwd file")
    uid = _in_range((_number(entry[2]) if entry else number) or 0)
    gid = _in_range((_number(entry[3]) if entry else 0) or 0)
    groups: set[int] = set()
    if colon and wanted_group:
        gid = _group_id(accounts.group, wanted_group)
    elif entry:
        groups = _memberships(accounts.group, entry[0])
    groups |= {_group_id(accounts.group, name) for name in extra_groups}
    home = entry[5] if entry and entry[5] else "/"
    return Identity(User(uid=uid, gid=gid, additional_gids=(gid, *sorted(groups - {gid}))), home)


def _passwd_entry(passwd: str, wanted: str, number: int | None) -> list[str] | None:
    for line in lines(passwd):
        fields = line.split(":")
        if len(fields) >= 7 and (fields[0] == wanted or (number is not None and _number(fields[2]) == number)):
            return fields
    return None


def _memberships(group: str, name: str) -> set[int]:
    rows = (line.split(":") for line in lines(group))
    found = {_number(fields[2]) for fields in rows if len(fields) >= 4 and name in fields[3].split(",")}
    return {_in_range(gid) for gid in found if gid is not None}


def _group_id(group: str, wanted: str) -> int:
    number = _number(wanted)
    for line in lines(group):
        fields = line.split(":")
        gid = _number(fields[2]) if len(fields) >= 3 else None
        if gid is not None and (fields[0] == wanted or gid == number):
            return _in_range(gid)
    if number is None:
        raise StartFailed(f"unable to find group {wanted}: no matching entries in group file")
    return _in_range(number)


def _number(text: str) -> int | None:
    """Return a decimal number of at most 64 bits, signed or not; None for other text, which a container may have put into its files."""
    try:
        return parse_int64(text)
    except BadNumber:
        return None


def _in_range(value: int) -> int:
    if not 0 <= value <= _HIGHEST:
        raise InvalidArgument(f"uids and gids must be in range 0-{_HIGHEST}")
    return value
