"""What Docker refuses of a container's portable configuration before it makes one, in its sentences."""

import posixpath

import msgspec
from msgspec.structs import replace

from core.containers.process.signals import parse_signal
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.errors import InvalidArgument
from sdk.oci.image import HealthcheckConfig

LONGEST_HOSTNAME = 64
"""Bytes; HOST_NAME_MAX of linux/limits.h."""

SHORTEST_PROBE = 1_000_000
"""Nanoseconds below which no duration of a health check may be."""

_DURATIONS = {"interval": "Interval", "timeout": "Timeout", "start_period": "StartPeriod", "start_interval": "StartInterval"}
_NUL = b"\\u0000"


def checked_config(config: ContainerConfig) -> ContainerConfig:
    """Return a client's configuration with its working directory cleaned. Raises InvalidArgument for what no container can have."""
    if config.working_dir and not config.working_dir.startswith("/"):
        raise InvalidArgument(f"the working directory '{config.working_dir}' is invalid, it needs to be an absolute path")
    if config.stop_signal:
        parse_signal(config.stop_signal)
    for variable in config.env:
        if not variable.partition("=")[0]:
            raise InvalidArgument(f"invalid environment variable: {variable}")
    check_healthcheck(config.healthcheck)
    if len(config.hostname.encode()) > LONGEST_HOSTNAME:
        raise InvalidArgument(f'hostname "{config.hostname}" is too long (maximum {LONGEST_HOSTNAME} bytes)')
    cleaned = posixpath.normpath(config.working_dir).replace("//", "/", 1) if config.working_dir else ""
    return replace(config, working_dir=cleaned)


def check_healthcheck(check: HealthcheckConfig | None) -> None:
    """Raise InvalidArgument for durations that are negative or too short to be meant, and for a negative number of retries."""
    if check is None:
        return
    for name, called in _DURATIONS.items():
        duration: int = getattr(check, name)
        if duration and duration < SHORTEST_PROBE:
            raise InvalidArgument(f"{called} in Healthcheck cannot be less than 1ms")
    if check.retries < 0:
        raise InvalidArgument("Retries in Healthcheck cannot be negative")


def check_text(config: ContainerConfig, host: HostConfig) -> None:
    """Raise InvalidArgument for a NUL byte anywhere but in labels: the kernel's strings end there."""
    for part in (replace(config, labels={}), host):
        if _NUL in msgspec.json.encode(part):
            refuse_nul(msgspec.to_builtins(part))


def refuse_nul(value: object) -> None:
    """Raise InvalidArgument if there is a NUL byte in a text, or in one of those that a list or a mapping holds."""
    if isinstance(value, str):
        if "\0" in value:
            shown = value.replace("\0", "\\x00")
            raise InvalidArgument(f'invalid argument: "{shown}" contains a NUL byte')
    elif isinstance(value, dict):
        for pair in value.items():
            refuse_nul(pair)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_nul(item)
