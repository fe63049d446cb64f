"""`--security-opt` in Docker's spellings."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sdk.errors import InvalidArgument

TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))


@dataclass(frozen=True, slots=True)
class SecurityOptions:
    """`seccomp` is "" (the engine's choice), `unconfined`, `builtin` or a profile's JSON text; `labels` are SELinux' as given."""

    seccomp: str = ""
    apparmor: str = ""
    labels: tuple[str, ...] = ()
    no_new_privileges: bool = False
    writable_cgroups: bool = False


def _boolean(option: str, value: str) -> bool:
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise InvalidArgument(f'invalid --security-opt 2: "{option}"')


def _split(option: str) -> tuple[str, str]:
    for separator in "=:":
        key, found, value = option.partition(separator)
        if found:
            return key, value
    raise InvalidArgument(f'invalid --security-opt 1: "{option}"')


def _with_option(options: SecurityOptions, option: str) -> SecurityOptions:
    if option == "no-new-privileges":
        return replace(options, no_new_privileges=True)
    if option == "writable-cgroups":
        return replace(options, writable_cgroups=True)
    if option == "disable":
        return replace(options, labels=(*options.labels, option))
    key, value = _split(option)
    match key:
        case "seccomp":
            return replace(options, seccomp=value)
        case "apparmor":
            return replace(options, apparmor=value)
        case "label":
            return replace(options, labels=(*options.labels, value))
        case "no-new-privileges":
            return replace(options, no_new_privileges=_boolean(option, value))
        case "writable-cgroups":
            return replace(options, writable_cgroups=_boolean(option, value))
    raise InvalidArgument(f'invalid --security-opt 2: "{option}"')


def parse_security_options(options: Iterable[str]) -> SecurityOptions:
    """Return what the options say together; `key=value` and the old `key:value`. Raises InvalidArgument."""
    parsed = SecurityOptions()
    for option in options:
        parsed = _with_option(parsed, option)
    return parsed
