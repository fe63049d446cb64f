"""Descriptors, platforms and media types (image-spec: descriptor.md, image-index.md, media-types.md)."""

import platform as host_platform
import re

from msgspec import Struct, field
from msgspec.structs import replace

from sdk.errors import InvalidArgument

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_MANIFEST_V1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_MANIFEST_V1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_FOREIGN_LAYER_GZIP = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_INDEX})
MANIFEST_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})

_COMPONENT = re.compile(r"^[A-Za-z0-9_.-]+$")
_SYSTEMS = {"macos": "darwin"}
_SPOKEN = {
    "i386": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
"""What else architectures are called, and the variant a name implies."""
_VARIANTS = {("amd64", "v1"): "", ("arm64", "8"): "v8", **{("arm", str(number)): f"v{number}" for number in range(5, 9)}}
_KNOWN_SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "windows",
        "zos",
    ]
)
_KNOWN_ARCHITECTURES = frozenset(
    [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "ppc64",
        "ppc64le",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386"}


class Platform(Struct, frozen=True, omit_defaults=True):
    """What an image runs on."""

    architecture: str
    os: str = field(default_factory=lambda: "linux")  # a factory, because an encoded platform must name it
    variant: str = ""
    os_version: str = field(default="", name="os.version")
    os_features: tuple[str, ...] = field(default=(), name="os.features")

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


class Descriptor(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A typed, sized and digested pointer to content."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: dict[str, str] = {}
    urls: tuple[str, ...] = ()
    artifact_type: str = ""


def host() -> Platform:
    """Return the platform of this machine."""
    machine = host_platform.machine()
    return Platform(architecture=_MACHINES.get(machine, machine), variant="v8" if machine == "aarch64" else "")


def normalized(platform: Platform) -> Platform:
    """Return a platform in Go's words (image-spec: image-index.md "platform"): `x86_64` is amd64, `aarch64` arm64, and so on."""
    system = _SYSTEMS.get(platform.os.lower(), platform.os.lower())
    architecture, variant = platform.architecture.lower(), platform.variant.lower()
    architecture, implied = _SPOKEN.get(architecture, (architecture, ""))
    variant = _VARIANTS.get((architecture, variant or implied), variant or implied)
    return replace(platform, os=system or "linux", architecture=architecture, variant=variant)


def parse_platform(text: str) -> Platform:
    """Parse `os[/arch[/variant]]` or a bare architecture as Docker does. Raises InvalidArgument."""
    parts = text.lower().split("/")
    if len(parts) > 3:
        raise InvalidArgument(f'"{text}": cannot parse platform specifier: invalid argument')
    if wrong := [part for part in parts if not _COMPONENT.fullmatch(part)]:
        raise InvalidArgument(
            f'"{wrong[0]}" is an invalid component of "{text}": platform specifier component must match '
            f'"{_COMPONENT.pattern}": invalid argument'
        )
    if len(parts) == 1:
        return _of_one_word(text, parts[0])
    return normalized(Platform(architecture=parts[1], os=parts[0], variant=parts[2] if len(parts) == 3 else ""))


def matches(wanted: Platform, offered: Platform) -> bool:
    """Tell whether `offered` satisfies `wanted`; an empty wanted variant accepts the default (arm64 is v8)."""
    wanted, offered = normalized(wanted), normalized(offered)
    if (wanted.os, wanted.architecture) != (offered.os, offered.architecture):
        return False
    default = {"arm64": "v8", "arm": "v7"}.get(wanted.architecture, "")
    return (wanted.variant or default) == (offered.variant or default)


def _of_one_word(text: str, word: str) -> Platform:
    if _SYSTEMS.get(word, word) in _KNOWN_SYSTEMS:
        return normalized(Platform(architecture=host().architecture, os=word))
    platform = normalized(Platform(architecture=word))
    if platform.architecture not in _KNOWN_ARCHITECTURES:
        raise InvalidArgument(f'"{text}": unknown operating system or architecture: invalid argument')
    return platform
