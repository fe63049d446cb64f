"""Index, manifest and image configuration (image-spec: image-index.md, manifest.md, config.md)."""

from msgspec import UNSET, Struct, UnsetType, field

from sdk.oci.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor, Platform


class Index(Struct, frozen=True, rename="camel"):
    """An image index: manifests by platform (image-spec, image-index.md). `schema_version` is 2."""

    manifests: tuple[Descriptor, ...]
    schema_version: int = 2
    media_type: str = OCI_INDEX
    annotations: dict[str, str] | UnsetType = UNSET
    artifact_type: str | UnsetType = UNSET
    subject: Descriptor | UnsetType = UNSET


class Manifest(Struct, frozen=True, rename="camel"):
    """An image manifest: a configuration and its layers (image-spec, manifest.md). `schema_version` is 2."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    schema_version: int = 2
    media_type: str = OCI_MANIFEST
    annotations: dict[str, str] | UnsetType = UNSET
    artifact_type: str | UnsetType = UNSET
    subject: Descriptor | UnsetType = UNSET


class HealthcheckConfig(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """Docker's extension to the image config. `interval`, `timeout`, `start_period` and `start_interval` are nanoseconds, `retries` a count;
    0 is the engine's default.
    """

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class ExecutionConfig(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """The `config` object: what a container made from the image runs by default. None means the image does not say."""

    user: str = ""
    exposed_ports: dict[str, dict[str, str]] = {}
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: dict[str, dict[str, str]] = {}
    working_dir: str = ""
    labels: dict[str, str] = {}
    stop_signal: str = ""
    healthcheck: HealthcheckConfig | None = None
    on_build: tuple[str, ...] = ()
    shell: tuple[str, ...] | None = None
    args_escaped: bool = False


class RootFS(Struct, frozen=True, rename={"diff_ids": "diff_ids", "type": "type"}):
    """The layers of an image by diffID, bottom first."""

    diff_ids: tuple[str, ...] = ()
    type: str = "layers"


class History(Struct, frozen=True, omit_defaults=True):
    """How one layer, or a step without one, came to be."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class ImageConfig(Struct, frozen=True, omit_defaults=True):
    """An image's configuration blob; its digest is the image ID."""

    architecture: str
    os: str
    rootfs: RootFS
    config: ExecutionConfig = ExecutionConfig()
    created: str = ""
    author: str = ""
    variant: str = ""
    os_version: str = field(default="", name="os.version")
    history: tuple[History, ...] = ()

    @property
    def platform(self) -> Platform:
        """Return what the image runs on."""
        return Platform(architecture=self.architecture, os=self.os, variant=self.variant)
