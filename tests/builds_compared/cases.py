"""The builds that are compared: each a directory of `cases`, and what clients are told beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DIRECTORY = Path(__file__).parent / "cases"
NOW_AND_THEN = (
    "/var/log/*",
    "/var/cache/ldconfig/aux-cache",
    "/var/cache/debconf/*",
    "/var/lib/dpkg/*-old",
    "/etc/*-",
    "/etc/shadow",
)
"""Files into which programs write times."""


@dataclass(frozen=True, slots=True)
class Case:
    """A context with a Dockerfile.

    `plain` is a Dockerfile to the same end without what buildah 1.28 has no words for, `classic` one whose stages that no other
    needs do not fail and whose arguments are declared again (Docker's classic builder makes every stage, and no stage inherits arguments), `base` one that is built first, as `base:1`.
    `varying` are patterns of files whose content is another in every build; `unlike` are patterns of files, or names of fields of the
    configuration, in which buildah 1.28 differs from BuildKit, each with the reason. With `sealed` (secrets, an agent) only BuildKit's protocol
    can carry it.
    """

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    plain: str = ""
    classic: str = ""
    base: str = ""
    varying: tuple[str, ...] = ()
    unlike: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    ssh: bool = False

    @property
    def directory(self) -> Path:
        return DIRECTORY / self.name

    @property
    def sealed(self) -> bool:
        return bool(self.secret) or self.ssh


CASES = (
    Case("web_app", varying=NOW_AND_THEN),
    Case("c_program", arguments={"CFLAGS": "-O1 -static"}),
    Case(
        "debian_packages",
        varying=NOW_AND_THEN,
        unlike={
            "/var/cache/apt*": "removed with the cache mounted there",
            "/var/lib/apt/lists*": "removed with the cache mounted there",
        },
    ),
    Case("heredocs", plain="Dockerfile.plain"),
    Case("secrets", secret="token"),
    Case("ssh", ssh=True),
    Case("onbuild", arguments={"BASE": "base:1", "FLAVOUR": "sweet"}, base="Dockerfile.base"),
    Case("arg_in_from", arguments={"SUITE": "bookworm"}, plain="Dockerfile.plain", classic="Dockerfile.classic"),
    Case("linked", plain="Dockerfile.plain"),
    Case("parallel", classic="Dockerfile.classic"),
    Case("ignored"),
    Case("parents_and_exclude", plain="Dockerfile.plain"),
    Case(
        "configuration",
        unlike={
            "Entrypoint": "its shell form does not go through SHELL",
            "/data": "made for VOLUME",
            "/var/lib/more": "made for VOLUME",
            "/json path": "made for VOLUME",
        },
    ),
    Case("adding", arguments={"SERVER": "http://127.0.0.1:8123"}),
    Case("owners"),
    Case("attributes"),
    Case("variables"),
)
