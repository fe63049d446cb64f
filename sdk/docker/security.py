"""`--security-opt` in Docker's spellings: `key=value`, and the old `key:value`."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from sdk.engine.security import Seccomp, SeccompChoice, Security
from sdk.errors import InvalidArgument
from sdk.text import truth


def parse_security_options(options: Iterable[str]) -> Security:
    """Return what the options say together. Raises InvalidArgument."""
    parsed = Security()
    for option in options:
        parsed = _with_option(parsed, option)
    return parsed


def shown_security(security: Security) -> Iterator[str]:
    """Yield the options that say the same."""
    choice = security.seccomp.choice
    if choice is not SeccompChoice.DEFAULT:
        yield f"seccomp={security.seccomp.profile if choice is SeccompChoice.PROFILE else choice}"
    if security.apparmor:
        yield f"apparmor={security.apparmor}"
    for label in security.selinux_labels:
        yield f"label={label}"
    if security.no_new_privileges is not None:
        yield f"no-new-privileges={str(security.no_new_privileges).lower()}"
    if security.writable_cgroups:
        yield "writable-cgroups=true"


def seccomp_of(value: str) -> Seccomp:
    """Read what stands behind `seccomp=`: `unconfined`, `builtin` or a profile's JSON text."""
    if value in ("", SeccompChoice.BUILTIN, SeccompChoice.UNCONFINED):
        return Seccomp(SeccompChoice(value)) if value else Seccomp()
    return Seccomp(SeccompChoice.PROFILE, value)


def _with_option(options: Security, option: str) -> Security:
    if option == "no-new-privileges":
        return replace(options, no_new_privileges=True)
    if option == "writable-cgroups":
        return replace(options, writable_cgroups=True)
    if option == "disable":
        return replace(options, selinux_labels=(*options.selinux_labels, option))
    key, value = _split(option)
    match key:
        case "seccomp":
            return replace(options, seccomp=seccomp_of(value))
        case "apparmor":
            return replace(options, apparmor=value)
        case "label":
            return replace(options, selinux_labels=(*options.selinux_labels, value))
        case "no-new-privileges":
            return replace(options, no_new_privileges=_boolean(option, value))
        case "writable-cgroups":
            return replace(options, writable_cgroups=_boolean(option, value))
    raise InvalidArgument(f'invalid --security-opt 2: "{option}"')


def _boolean(option: str, value: str) -> bool:
    found = truth(value)
    if found is None:
        raise InvalidArgument(f'invalid --security-opt 2: "{option}"')
    return found


def _split(option: str) -> tuple[str, str]:
    for separator in "=:":
        key, found, value = option.partition(separator)
        if found:
            return key, value
    raise InvalidArgument(f'invalid --security-opt 1: "{option}"')
