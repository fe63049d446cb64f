"""What a frontend may ask about builds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sdk.drivers.registry import Credentials
from sdk.engine.build_events import BuildEvent
from sdk.engine.config import HostEntry, Ulimit
from sdk.engine.containers import Filters, Pruned
from sdk.oci.descriptor import Platform


class SecretSource(Protocol):
    """Where secrets come from while a build runs."""

    async def get(self, secret_id: str) -> bytes | None:
        """Return a secret's value; None if the client has none of that ID."""


class SshSource(Protocol):
    """Forwards SSH agents while a build runs."""

    def socket(self, ssh_id: str) -> AbstractAsyncContextManager[Path | None]:
        """Give the path of a unix socket on which the client's agent answers; None if the client forwards none of that ID."""


class CredentialSource(Protocol):
    """Knows the client's logins."""

    async def get(self, registry: str) -> Credentials:
        """Return the login for a registry host (`docker.io` for the Hub); the empty one if there is none."""


class NoSecrets:
    """A client that sends no secrets: see `sdk.engine.builds.SecretSource`."""

    async def get(self, secret_id: str) -> bytes | None:
        del secret_id
        return None


class Anonymous:
    """A client without logins: see `sdk.engine.builds.CredentialSource`."""

    async def get(self, registry: str) -> Credentials:
        return Credentials(server_address=registry)


@dataclass(frozen=True, slots=True)
class NamedContext:
    """A further context (`--build-context`): a directory on this machine, or else an image's reference."""

    directory: Path | None = None
    image: str = ""


@dataclass(frozen=True, slots=True)
class CacheImport:
    """Where steps may be taken from besides the engine's own cache. `type` is registry, local or inline (an image's own history)."""

    type: str
    reference: str = ""
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class CacheExport:
    """Where to leave the cache for others. `type` is inline, registry or local; `mode` min (the result's steps) or max (all)."""

    type: str
    reference: str = ""
    directory: Path | None = None
    mode: str = "min"


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """What the processes of a build may use; 0, "" and () mean the engine's default. Units as in HostConfig."""

    memory: int = 0
    memory_swap: int = 0
    cpu_shares: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    shm_size: int = 0
    cgroup_parent: str = ""
    ulimits: tuple[Ulimit, ...] = ()


class Store(StrEnum):
    """What becomes of the result."""

    IMAGE = "image"
    """An image in the store, under the request's tags."""
    NOTHING = "nothing"
    """It only fills the cache; the last event has the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """A build. `context` is a directory on this machine that does not change meanwhile; None is an empty one.

    The Dockerfile is `dockerfile_text` if that is not None, else the file `dockerfile` below `dockerfile_directory` (None: the
    context). A build argument of None is known by name but has no value. `no_cache_stages` names stages that are always made anew.
    With `cache_from_only` nothing is taken from the cache but what led to an image of `cache_from`.
    `classic` builds as Docker's classic builder does: every stage up to the target in its order, every step an image, every RUN in a
    container of the engine. Those containers go when their step has succeeded (`remove`), or whatever became of it (`force_remove`).
    `source_date_epoch` (seconds) clamps every time in the image; None lets `SOURCE_DATE_EPOCH` among `build_args` decide.
    """

    context: Path | None = None
    dockerfile: str = "Dockerfile"
    dockerfile_text: str | None = None
    dockerfile_directory: Path | None = None
    named_contexts: Mapping[str, NamedContext] = field(default_factory=dict)
    target: str = ""
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    platform: Platform | None = None
    network_mode: str = ""
    extra_hosts: tuple[HostEntry, ...] = ()
    limits: BuildLimits = BuildLimits()
    no_cache: bool = False
    no_cache_stages: tuple[str, ...] = ()
    pull: bool = False
    cache_from: tuple[CacheImport, ...] = ()
    cache_from_only: bool = False
    cache_to: tuple[CacheExport, ...] = ()
    secrets: SecretSource = field(default_factory=NoSecrets)
    ssh: SshSource | None = None
    credentials: CredentialSource = field(default_factory=Anonymous)
    source_date_epoch: int | None = None
    store: Store = Store.IMAGE
    classic: bool = False
    remove: bool = True
    force_remove: bool = False


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A cached step or a cache mount (`type` regular or exec.cachemount). Times are wall-clock nanoseconds.
    `usage_count` is how many builds used it.
    """

    id: str
    type: str
    description: str
    size: int
    created_ns: int
    last_used_ns: int
    usage_count: int
    in_use: bool
    shared: bool
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildPruneRequest:
    """`all` takes entries of images too. `keep_bytes` > 0 stops as soon as the rest takes no more than that; filters: until, id, type, inuse."""

    all: bool = False
    keep_bytes: int = 0
    filters: Filters = field(default_factory=dict)


class Builds(Protocol):
    """Images made from Dockerfiles, and what the engine remembers to make them quickly."""

    def build(self, request: BuildRequest) -> AsyncIterator[BuildEvent]:
        """Build; closing the iterator cancels and leaves nothing. Raises BuildFailed, InvalidArgument, NoSuchImage, Unauthorized;
        the vertex that failed was announced with its error before. The last event of a success is a BuildResult."""

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        """Give an empty directory for a context being put together; it vanishes with the block, or with the daemon."""

    def unpacked(self, archive: AsyncIterator[bytes]) -> AbstractAsyncContextManager[Path]:
        """Give a directory into which a tar of any known compression was unpacked. Raises DataLoss for a damaged one."""

    def remote(self, url: str) -> AbstractAsyncContextManager["RemoteContext"]:
        """Fetch a context from a git repository, or by HTTP a tarball or a Dockerfile. Raises InvalidArgument, Unavailable."""

    def files(self, image: str) -> AsyncIterator[bytes]:
        """Return the tar of an image's whole file system. Raises NoSuchImage."""

    async def prune(self, request: BuildPruneRequest) -> Pruned:
        """Forget cached steps that nothing uses; returns their IDs and the bytes freed."""

    async def disk_usage(self) -> Sequence[CacheEntry]:
        """Return everything that is cached."""


@dataclass(frozen=True, slots=True)
class RemoteContext:
    """A fetched context; `dockerfile_text` is set when the URL was that of a Dockerfile alone."""

    directory: Path
    dockerfile_text: str | None = None
