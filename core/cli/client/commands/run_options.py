"""The words of `run` flags, turned into what the API wants."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import typer

from core.sizes import binary_size
from sdk.docker.bodies import BindOptions, HostPort, MountRequest, RestartPolicy, TmpfsOptions, VolumeOptions
from sdk.engine.config import DeviceMapping, Ulimit
from sdk.numbers import BadNumber, parse_uint32
from sdk.oci.ports import port_number
from sdk.text import lines, truth

_LARGEST = 2**63 - 1
_MOUNT_KEYS = frozenset(
    [
        "type",
        "source",
        "src",
        "target",
        "destination",
        "dst",
        "readonly",
        "ro",
        "bind-propagation",
        "volume-nocopy",
        "volume-subpath",
        "tmpfs-size",
        "tmpfs-mode",
    ]
)


def byte_count(text: str) -> int:
    """Return the bytes of a size in binary units, 0 for "". A wrong one is an error of usage."""
    if text in ("", "-1"):
        return int(text or 0)
    size = binary_size(text)
    if size is None:
        raise typer.BadParameter(f"invalid size: '{text}'")
    return size


def nano_cpus(count: float) -> int:
    """Return `--cpus` in billionths of a CPU. A wrong one is an error of usage."""
    if not -_LARGEST <= count * 10**9 <= _LARGEST:
        raise typer.BadParameter(f'invalid argument "{count}" for "--cpus" flag: failed to parse {count} as a rational number')
    return round(count * 10**9)


def pairs(entries: Iterable[str] | None) -> dict[str, str]:
    """Return `KEY=VALUE` words as a mapping; a value is "" if there is none."""
    return dict(entry.partition("=")[::2] for entry in entries or ())


def environment(entries: Iterable[str] | None, files: Iterable[str] | None) -> tuple[str, ...]:
    """Return `-e` and `--env-file`: a bare name takes the value it has here, and is left out if it has none."""
    listed = [line for path in files or () for line in _lines(path)]
    return tuple(whole for entry in [*listed, *(entries or ())] if (whole := _with_value(entry)))


def labels(entries: Iterable[str] | None, files: Iterable[str] | None = None) -> dict[str, str]:
    """Return `--label` and `--label-file`."""
    return pairs([*(line for path in files or () for line in _lines(path)), *(entries or ())])


def _lines(path: str) -> list[str]:
    """Return the lines of a file of variables as Docker reads it: what is behind the `=` is kept as it is."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise typer.BadParameter(f"open {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"env file {path} contains invalid utf8 bytes: {error.reason}") from error
    listed = [line.lstrip() for line in lines(text)]
    return [_checked_line(line) for line in listed if line and not line.startswith("#")]


def _checked_line(line: str) -> str:
    name = line.partition("=")[0]
    if not name:
        raise typer.BadParameter(f"no variable name on line '{line}'")
    if re.search(r"\s", name):
        raise typer.BadParameter(f"poorly formatted environment: variable '{name}' contains whitespaces")
    return line


def _with_value(entry: str) -> str:
    if "=" in entry:
        return entry
    return f"{entry}={os.environ[entry]}" if entry in os.environ else ""


def bind(text: str) -> str:
    """Return a `-v` with a source such as `./here` made absolute; names of volumes stay."""
    source, colon, rest = text.partition(":")
    if colon and source.startswith((".", "~")):
        return f"{os.path.abspath(os.path.expanduser(source))}:{rest}"
    return text


def port_bindings(entries: Iterable[str] | None) -> dict[str, tuple[HostPort, ...]]:
    """Return `-p [ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`; ranges of equal length are bound one to one."""
    found: dict[str, tuple[HostPort, ...]] = {}
    for entry in entries or ():
        for inside, outside in _published(entry):
            found[inside] = (*found.get(inside, ()), outside)
    return found


def _published(entry: str) -> list[tuple[str, HostPort]]:
    text, _, protocol = entry.partition("/")
    head, _, container = text.rpartition(":")
    address, _, host = head.rpartition(":")
    inside = _range(container, entry)
    outside = [str(port) for port in _range(host, entry)] if host else [""] * len(inside)
    if len(inside) == 1 and len(outside) > 1:
        outside = [host]
    if len(inside) != len(outside):
        raise typer.BadParameter(f"invalid ranges specified for container and host ports: {entry}")
    address = address.strip("[]")
    return [(f"{port}/{protocol or 'tcp'}", HostPort(address, there)) for port, there in zip(inside, outside, strict=True)]


def _range(text: str, entry: str) -> list[int]:
    start, _, end = text.partition("-")
    first, last = port_number(start), port_number(end or start)
    if first is None or last is None or not 0 < first <= last:
        raise typer.BadParameter(f"invalid containerPort: {entry}")
    return list(range(first, last + 1))


def exposed_ports(expose: Iterable[str] | None, bindings: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Return the ports of `--expose` and of everything published."""
    ports = [
        f"{port}/{protocol or 'tcp'}"
        for text in expose or ()
        for numbers, _, protocol in [text.partition("/")]
        for port in _range(numbers, text)
    ]
    return {port: {} for port in [*ports, *bindings]}


def mount(text: str) -> MountRequest:
    """Return a `--mount type=...,source=...,target=...`."""
    words: dict[str, str] = {}
    for word in text.split(","):
        key, equals, value = word.partition("=")
        if key.lower() not in _MOUNT_KEYS:
            raise typer.BadParameter(f"unexpected key '{key}' in '{word}'")
        words[key.lower()] = value if equals else "true"
    source = next((words[key] for key in ("source", "src") if key in words), "")
    target = next((words[key] for key in ("target", "destination", "dst") if key in words), "")
    if not target:
        raise typer.BadParameter(f"target is required: {text}")
    kind = words.get("type", "volume")
    return MountRequest(
        type=kind,
        source=os.path.abspath(source) if kind == "bind" and source.startswith(".") else source,
        target=target,
        read_only=any(_switch(words, key) for key in ("readonly", "ro")),
        bind_options=BindOptions(propagation=words.get("bind-propagation", "")),
        volume_options=VolumeOptions(no_copy=_switch(words, "volume-nocopy"), subpath=words.get("volume-subpath", "")),
        tmpfs_options=TmpfsOptions(size_bytes=byte_count(words.get("tmpfs-size", "")), mode=_mode(words.get("tmpfs-mode", "0"))),
    )


def _switch(words: Mapping[str, str], key: str) -> bool:
    value = words.get(key, "false")
    found = truth(value)
    if found is None:
        raise typer.BadParameter(f"invalid value for {key}: {value}")
    return found


def _mode(text: str) -> int:
    if not re.fullmatch("[0-7]{1,6}", text):
        raise typer.BadParameter(f"invalid value for tmpfs-mode: {text}")
    return int(text, 8)


def tmpfs(entries: Iterable[str] | None) -> dict[str, str]:
    """Return `--tmpfs PATH[:OPTIONS]`."""
    return dict(entry.partition(":")[::2] for entry in entries or ())


def restart_policy(text: str) -> RestartPolicy:
    """Return `--restart NAME[:COUNT]`."""
    name, _, count = text.partition(":")
    try:
        return RestartPolicy(name or "no", parse_uint32(count or "0"))
    except BadNumber:
        raise typer.BadParameter("maximum retry count must be an integer") from None


def device(text: str) -> DeviceMapping:
    """Return `--device HOST[:CONTAINER][:rwm]`."""
    host, _, rest = text.partition(":")
    container, _, permissions = rest.partition(":")
    if container and not container.startswith("/") and not permissions:
        container, permissions = "", container
    return DeviceMapping(host, container or host, permissions or "rwm")


def ulimit(text: str) -> Ulimit:
    """Return `--ulimit NAME=SOFT[:HARD]`."""
    name, _, limits = text.partition("=")
    soft, _, hard = limits.partition(":")
    try:
        return Ulimit(name, int(soft), int(hard or soft))
    except ValueError:
        raise typer.BadParameter(f"invalid ulimit argument: {text}") from None


def security_options(entries: Iterable[str] | None) -> tuple[str, ...]:
    """Return `--security-opt`; the file a seccomp profile is in is read here, as the daemon may be elsewhere."""
    return tuple(_with_profile(entry) for entry in entries or ())


def _with_profile(entry: str) -> str:
    key, _, value = entry.partition("=")
    if key != "seccomp" or value in ("", "unconfined", "builtin"):
        return entry
    try:
        return f"seccomp={Path(value).read_text()}"
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.reason
        raise typer.BadParameter(f"opening seccomp profile ({value}) failed: {reason}") from error
