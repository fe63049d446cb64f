"""Who a process runs as: `user[:group]` looked up in a container's own passwd and group files (passwd(5), group(5))."""

from dataclasses import dataclass

from sdk.errors import InvalidArgument, StartFailed
from sdk.oci.runtime import User

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
    entry = _passwd_entry(accounts.passwd, wanted or "0")
    if entry is None and not _is_number(wanted or "0"):
        raise StartFailed(f"unable to find user {wanted}: no matching entries in passwd file")
    uid = int(entry[2]) if entry else _number(wanted or "0")
    gid = int(entry[3]) if entry else 0
    groups: set[int] = set()
    if colon and wanted_group:
        gid = _group_id(accounts.group, wanted_group)
    elif entry:
        groups = _memberships(accounts.group, entry[0])
    groups |= {_group_id(accounts.group, name) for name in extra_groups}
    home = entry[5] if entry and entry[5] else "/"
    return Identity(User(uid=uid, gid=gid, additional_gids=(gid, *sorted(groups - {gid}))), home)


def _passwd_entry(passwd: str, wanted: str) -> list[str] | None:
    number = wanted if _is_number(wanted) else None
    for line in passwd.splitlines():
        fields = line.split(":")
        if len(fields) >= 7 and (fields[0] == wanted or fields[2] == number):
            return fields
    return None


def _memberships(group: str, name: str) -> set[int]:
    rows = (line.split(":") for line in group.splitlines())
    return {int(fields[2]) for fields in rows if len(fields) >= 4 and _is_number(fields[2]) and name in fields[3].split(",")}


def _group_id(group: str, wanted: str) -> int:
    for line in group.splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and wanted in (fields[0], fields[2]) and _is_number(fields[2]):
            return int(fields[2])
    if not _is_number(wanted):
        raise StartFailed(f"unable to find group {wanted}: no matching entries in group file")
    return _number(wanted)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(text: str) -> int:
    value = int(text)
    if value > _HIGHEST:
        raise InvalidArgument(f"uids and gids must be in range 0-{_HIGHEST}")
    return value
