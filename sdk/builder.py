"""Builders: turn a build request into an image.

A builder knows a language (Dockerfiles) and plans steps; how a file system is kept, a process run or an image stored is the engine's
affair, asked of the `BuildHost`. Vocabulary: a *stack* is the layers of a file system as diffIDs, bottom first; a *workspace* is a
writable file system on top of a stack, of which `commit` makes one more layer.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildEvent
from sdk.engine.builds import BuildLimits, BuildRequest, CredentialSource
from sdk.engine.config import HostEntry
from sdk.engine.images import Progress
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Descriptor, Platform
from sdk.oci.digest import Digest
from sdk.oci.image import ExecutionConfig, ImageConfig

Stack: TypeAlias = tuple[Digest, ...]
"""Layers by diffID, bottom first; () is the empty file system."""


@dataclass(frozen=True, slots=True)
class BaseImage:
    """An image to build on. `name` is its reference as resolved, `annotations` are its manifest's."""

    id: str
    name: str
    config: ImageConfig
    stack: Stack
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepMount:
    """Something mounted for one process. `target` is absolute in the workspace.

    One of these: `directory` (with `source` below it, resolved inside; made if it is missing and `create`), `stack` (a layer stack,
    with `source` below it; writes vanish with the process), `tmpfs_size` >= 0 (bytes; 0 no limit), or `content` (a file of `mode`,
    `uid`, `gid`), or `socket` (a unix socket of this machine, owned as `uid`, `gid`, `mode` say).
    """

    target: str
    readonly: bool = False
    directory: Path | None = None
    stack: Stack | None = None
    source: str = ""
    create: bool = False
    tmpfs_size: int = -1
    content: bytes | None = None
    socket: Path | None = None
    mode: int = 0o400
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProcess:
    """A process to run in a workspace. `id` is its own: no other process has it, also none of another build or of a daemon before (random
    hexadecimal digits). `user` is user[:group] by name or number; `network` is default, none, host, a
    network's name, or container:NAME where the step is a container of its own (the classic builder's)."""

    id: str
    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: str = ""
    network: str = ""
    hostname: str = ""
    extra_hosts: tuple[HostEntry, ...] = ()
    limits: BuildLimits = BuildLimits()
    mounts: tuple[StepMount, ...] = ()


Output: TypeAlias = Callable[[StdStream, bytes], None]
"""Gets a process' output as it comes; must not block."""


class Workspace(Protocol):
    """A writable file system that no other process works in. Valid within its block."""

    def files(self) -> AbstractAsyncContextManager[int]:
        """Give a descriptor (O_PATH) of its root directory. Not while a process runs."""

    async def owner(self, spec: str) -> tuple[int, int]:
        """Resolve user[:group] by its own account files. Raises StartFailed (unknown name), InvalidArgument."""

    async def run(self, process: StepProcess, output: Output) -> int:
        """Run a process to its end and return its exit code. Cancelled, it kills it. Raises StartFailed."""

    async def commit(self, *, newest: int | None = None) -> Digest | None:
        """Make what was changed a layer on the stack and return its diffID; None if nothing was changed. Once at most.

        Files newer than `newest` (seconds) count as of that time. The layer is kept while the build runs, and afterwards if the cache or
        an image names it.
        """


class StepContainer(Protocol):
    """A container of the engine that was made for one step, as its users see it."""

    @property
    def id(self) -> str:
        """Its ID."""

    async def run(self, output: Output) -> int:
        """Run its process to its end and return the exit code. Cancelled, it kills it. Raises StartFailed."""

    async def commit(self, *, newest: int | None = None, keep: bool = False) -> Digest | None:
        """Make what was changed a layer, as `Workspace.commit` does. Without `keep` the container is good for nothing but removal then."""

    async def remove(self) -> None:
        """Remove it with its anonymous volumes, also while it runs; idempotent."""


@dataclass(frozen=True, slots=True)
class CachedStep:
    """What a step made: its layers, anything the builder wants to remember, and in a classic build the image: then the step is known for as
    long as that image is there."""

    stack: Stack
    note: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be remembered under a key. `parent` is the key of the step below; `empty` says that it added no layer."""

    step: CachedStep
    description: str
    parent: str = ""
    empty: bool = False


class StepCache(Protocol):
    """Steps by content-addressed key, kept between builds and daemons."""

    async def get(self, key: str) -> CachedStep | None:
        """Return a remembered step whose layers all exist, and count the use."""

    async def put(self, key: str, new: NewStep) -> None:
        """Remember a step; the last one wins."""

    def mount(self, cache_id: str, sharing: str) -> AbstractAsyncContextManager[tuple[Path, bool]]:
        """Give a cache mount's directory and whether it is new. `sharing` is shared, private (another directory if that one is in use) or
        locked (wait for it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewImage:
    """An image to be stored. `config` has everything but its diffIDs, which are the stack's; `parent` an image's ID or ""."""

    stack: Stack
    config: ImageConfig
    tags: Sequence[str] = ()
    parent: str = ""
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """A fetched file. `modified` is the server's time of it in seconds, 0 if unknown; `name` what the server calls it, or ""."""

    modified: int
    name: str = ""


class BuildHost(Protocol):
    """What the engine does for one build. What is committed during a build is safe from collection until it ends."""

    @property
    def cache(self) -> StepCache:
        """What earlier builds made."""

    @property
    def platform(self) -> Platform:
        """The machine's own."""

    async def image(
        self,
        reference: str,
        platform: Platform | None,
        *,
        pull: bool,
        credentials: CredentialSource,
        report: Callable[[Progress], None],
    ) -> BaseImage:
        """Return an image, pulled if it is not here (or `pull` and a registry has it). Raises NoSuchImage, NotFound, Unauthorized."""

    def workspace(self, stack: Stack) -> AbstractAsyncContextManager[Workspace]:
        """Give a writable file system on a stack; what was not committed vanishes with the block."""

    def view(self, stack: Stack) -> AbstractAsyncContextManager[int]:
        """Give a descriptor (O_PATH) of the root of a stack, read-only."""

    async def restack(self, layer: Digest, source: Stack, below: Stack) -> Digest:
        """Put the top layer of `source` on another stack as well, unchanged; returns its diffID."""

    async def is_archive(self, file: Path) -> bool:
        """Tell whether a file is a tar of any known compression."""

    async def unpack(self, archive: Path, directory: int) -> None:
        """Unpack a tar of any known compression below a directory (a descriptor). Raises DataLoss."""

    async def download(self, url: str, target: Path) -> Download:
        """Fetch a file by HTTP. Raises BuildFailed with the status, Unavailable."""

    async def clone(self, url: str, target: Path, *, keep_git_dir: bool = False) -> str:
        """Fetch `repository[#ref[:subdirectory]]` with git into an empty directory and return the commit. Raises InvalidArgument, BuildFailed,
        Unavailable (no git on this machine)."""

    async def store(self, image: NewImage) -> tuple[str, Descriptor]:
        """Store, tag and announce an image; returns its ID and its manifest. Idempotent for the same image."""

    async def keep(self, image: NewImage) -> BaseImage:
        """Store an image as a step on the way, without a name or a word; nothing removes it while the build runs."""

    def known(self, image_id: str) -> BaseImage | None:
        """Return an image by its ID if it is here; nothing removes it while the build runs."""

    async def name(self, image_id: str, tags: Sequence[str]) -> Descriptor:
        """Tag and announce an image that is here as the result; returns its manifest. Raises NoSuchImage."""

    async def container(self, image: BaseImage, config: ExecutionConfig, process: StepProcess) -> StepContainer:
        """Make a container of an image for a process; `config` is what the image would say after the step."""

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        """Give an empty directory that vanishes with the block."""


class Builder(ABC):
    """Makes images. One object serves all builds; each call is independent."""

    @abstractmethod
    def build(self, request: BuildRequest, host: BuildHost) -> AsyncGenerator[BuildEvent, None]:
        """Build, telling what happens; the last event of a success is a BuildResult. Cancelled or failed it leaves nothing running.

        Raises BuildFailed with the sentence clients print; the vertex that failed is announced with its error before.
        """

    def changed(self, config: ExecutionConfig, instructions: Sequence[str]) -> ExecutionConfig:
        """Return a configuration after instructions of the builder's language (`--change` of commit and import). Pure, and quick.

        Raises InvalidArgument for one that is malformed or has no place there. A builder without such a language knows none.
        """
        if instructions:
            raise InvalidArgument(f"{instructions[0]} is not a valid change command")
        return config
