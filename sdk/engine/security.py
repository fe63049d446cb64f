"""What keeps a container from its host beside namespaces: seccomp(2), AppArmor, SELinux, no_new_privs."""

from enum import StrEnum

from msgspec import Struct


class SeccompChoice(StrEnum):
    """`DEFAULT` is the engine's choice, `BUILTIN` its own filter."""

    DEFAULT = "default"
    BUILTIN = "builtin"
    UNCONFINED = "unconfined"
    PROFILE = "profile"


class Seccomp(Struct, frozen=True, omit_defaults=True):
    """A filter of system calls; `profile` is its JSON text, where it is one of the client's own."""

    choice: SeccompChoice = SeccompChoice.DEFAULT
    profile: str = ""


class Security(Struct, frozen=True, omit_defaults=True):
    """`apparmor` is a profile's name, "" for the engine's choice; `selinux_labels` are SELinux' as given. None of `no_new_privileges` is
    the engine's choice."""

    seccomp: Seccomp = Seccomp()
    apparmor: str = ""
    selinux_labels: tuple[str, ...] = ()
    no_new_privileges: bool | None = None
    writable_cgroups: bool = False
