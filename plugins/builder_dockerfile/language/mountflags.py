"""`RUN --mount=...`."""

import csv
import re
from dataclasses import replace

from plugins.builder_dockerfile.language.errors import DockerfileError, suggestion
from plugins.builder_dockerfile.language.instructions import StepMountFlag
from plugins.builder_dockerfile.language.numbers import whole_number
from sdk.text import cleaned as shown

_KEYS = ("type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id", "sharing", "required",
         "size", "mode", "uid", "gid", "env")  # fmt: skip
_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite", "from": "from_"}
_SHARING = ("shared", "private", "locked")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_TOO_LARGE = 2**63
_UNITS = {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}


def parse_mount(text: str) -> StepMountFlag:
    """Read one mount. Raises DockerfileError."""
    given = dict(_field(part) for part in _parts(text))
    kind = given.pop("type", "bind")
    if kind not in _TYPES:
        raise DockerfileError(f'unsupported mount type "{kind}"{suggestion(kind, _TYPES)}')
    mount = StepMountFlag(type=kind, readonly=kind == "bind")
    for key, value in given.items():
        mount = _with(mount, key, value)
    return _completed(mount)


def _parts(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        raise DockerfileError(f"invalid mount: no list of fields divided by commas: {shown(text)}") from None


def _field(part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    name = key.strip().lower()
    if name not in _KEYS:
        raise DockerfileError(f"unexpected key '{key}' in '{part}'{suggestion(name, _KEYS)}")
    if not equals and name not in ("readonly", "ro", "readwrite", "rw", "required"):
        raise DockerfileError(f"invalid field '{part}' must be a key=value pair")
    return _ALIASES.get(name, name), value if equals else "true"


def _with(mount: StepMountFlag, key: str, value: str) -> StepMountFlag:
    match key:
        case "readonly" | "readwrite":
            return replace(mount, readonly=_boolean(key, value) is (key == "readonly"))
        case "required":
            return replace(mount, required=_boolean(key, value))
        case "size":
            return replace(mount, size=parse_size(value))
        case "mode":
            return replace(mount, mode=_number(key, value, 8))
        case "uid" | "gid":
            number = _number(key, value, 10)
            return replace(mount, uid=number) if key == "uid" else replace(mount, gid=number)
        case "sharing" if value not in _SHARING:
            raise DockerfileError(f'unsupported sharing value "{value}"{suggestion(value, _SHARING)}')
    return _with_text(mount, key, value)


def _with_text(mount: StepMountFlag, key: str, value: str) -> StepMountFlag:
    match key:
        case "target":
            return replace(mount, target=value)
        case "source":
            return replace(mount, source=value)
        case "from_":
            return replace(mount, from_=value)
        case "id":
            return replace(mount, id=value)
        case "sharing":
            return replace(mount, sharing=value)
    return replace(mount, env=value)


def _completed(mount: StepMountFlag) -> StepMountFlag:
    """Return a mount with the ID that it has if none is given. Raises DockerfileError for keys that do not go with its type."""
    if mount.type == "secret" and not (mount.id or mount.target or mount.source):
        raise DockerfileError("invalid mount: a secret needs an id or a target")
    if mount.from_ and mount.type not in ("bind", "cache"):
        raise DockerfileError(f"unexpected key 'from' for mount type '{mount.type}'")
    if mount.type == "cache" and not mount.id:
        return replace(mount, id=mount.target or ".")
    return mount


def _boolean(key: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise DockerfileError(f"invalid value for {key}: {value}")
    return value.lower() in ("true", "1")


def _number(key: str, value: str, base: int) -> int:
    number = whole_number(value, base, bits=33)  # strconv.ParseUint of 32 bits
    if number is None or number < 0:
        raise DockerfileError(f"invalid value {value} for {key}")
    return number


def parse_size(text: str) -> int:
    """Return bytes. Raises DockerfileError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise DockerfileError(f"invalid value for size: {text}")
    size = float(match[1]) * (1 << _UNITS[match[2].lower()])
    if size >= _TOO_LARGE:
        raise DockerfileError(f"invalid value for size: {text}")
    return int(size)
