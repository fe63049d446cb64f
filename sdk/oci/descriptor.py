"""Descriptors, platforms and media types (image-spec: descriptor.md, image-index.md, media-types.md)."""

import platform as host_platform

from msgspec import Struct, field

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


def parse_platform(text: str) -> Platform:
    """Parse `os[/arch[/variant]]` or a bare architecture as Docker does. Raises InvalidArgument."""
    parts = text.lower().split("/")
    if not all(parts) or len(parts) > 3:
        raise InvalidArgument(f'"{text}": unknown operating system or architecture: invalid argument')
    if len(parts) == 1:
        if parts[0] in ("linux", "windows", "darwin", "freebsd"):
            return Platform(architecture=host().architecture, os=parts[0])
        parts = ["linux", parts[0]]
    architecture = _MACHINES.get(parts[1], parts[1])
    return Platform(architecture=architecture, os=parts[0], variant=parts[2] if len(parts) == 3 else "")


def matches(wanted: Platform, offered: Platform) -> bool:
    """Tell whether `offered` satisfies `wanted`; an empty wanted variant accepts the default (arm64 is v8)."""
    if (wanted.os, wanted.architecture) != (offered.os, offered.architecture):
        return False
    default = {"arm64": "v8", "arm": "v7"}.get(wanted.architecture, "")
    return (wanted.variant or default) == (offered.variant or default)
