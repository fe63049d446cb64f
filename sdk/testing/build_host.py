"""An engine for tests of builders: it keeps file systems as plain directories, and its processes are pretended.

A step's process is known by the last words of its command: `true`, `false` (ends with 1), `write NAME TEXT` (makes a file in the
workspace) and `sleep` (ends only by cancellation). Images to build on are those of `images`, by name.
"""

import hashlib
import os
import secrets
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.lowlevel
import msgspec

from sdk.builder import (
    BaseImage,
    CachedStep,
    Download,
    NewImage,
    NewStep,
    Output,
    Stack,
    StepContainer,
    StepProcess,
)
from sdk.drivers.logs import StdStream
from sdk.drivers.storage import ChangeKind
from sdk.engine.builds import CredentialSource
from sdk.engine.images import Progress
from sdk.errors import InvalidArgument, NoSuchImage, StartFailed, Unavailable, Unsupported
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor, Platform, host
from sdk.oci.digest import Digest, digest_of
from sdk.oci.image import ExecutionConfig, ImageConfig, RootFS
from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_tree


@dataclass
class PaperBuildHost:
    """Implements `sdk.builder.BuildHost` below a directory. `stored` are the images it was given, `names` what they are called,
    `open_places` how many workspaces, views and directories are in use; `process_began` tells of the first process. `processes` are the IDs
    of those that run: no two at once have one."""

    directory: Path
    images: dict[str, BaseImage] = field(default_factory=dict)
    stored: dict[str, NewImage] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    open_places: int = 0

    def __post_init__(self) -> None:
        self.cache = PaperCache(self)
        self.process_began = anyio.Event()
        self.processes: set[str] = set()
        self._stacks: dict[Stack, Path] = {}

    @property
    def running(self) -> int:
        """How many processes run."""
        return len(self.processes)

    @property
    def platform(self) -> Platform:
        """This machine's."""
        return host()

    def add_image(self, name: str, files: dict[str, str]) -> BaseImage:
        """Keep an image of one layer to build on."""
        root = self._new()
        root.mkdir()
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        layer = _digest_of(root)
        self._stacks[(layer,)] = root
        config = ImageConfig(architecture=host().architecture, os=host().os, rootfs=RootFS((layer,)), config=ExecutionConfig())
        self.images[name] = BaseImage(digest_of(msgspec.json.encode(config)), name, config, (layer,))
        return self.images[name]

    def files_of(self, image_id: str) -> dict[str, str]:
        """Return the regular files of a stored image, by path."""
        root = self.tree(self.stored[image_id].stack)
        return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}

    def tree(self, stack: Stack) -> Path:
        """Return the directory that a stack is. Raises NoSuchImage."""
        if not stack:
            empty = self._stacks.setdefault((), self._new())
            empty.mkdir(exist_ok=True)
        try:
            return self._stacks[stack]
        except KeyError:
            raise NoSuchImage(stack[-1]) from None

    async def image(
        self,
        reference: str,
        platform: Platform | None,
        *,
        pull: bool,
        credentials: CredentialSource,
        report: Callable[[Progress], None],
    ) -> BaseImage:
        del platform, pull, credentials, report
        found = self.images.get(reference) or self.images.get(reference.removeprefix("docker.io/library/"))
        if found is None:
            raise NoSuchImage(reference)
        return found

    @asynccontextmanager
    async def workspace(self, stack: Stack) -> AsyncIterator["PaperWorkspace"]:
        root = self._new()
        copy_tree(str(self.tree(stack)), str(root))
        with self.opened():
            yield PaperWorkspace(self, stack, root)

    @asynccontextmanager
    async def view(self, stack: Stack) -> AsyncIterator[int]:
        with self.opened(), _descriptor(self.tree(stack)) as root:
            yield root

    async def restack(self, layer: Digest, source: Stack, below: Stack) -> Digest:
        """Put the files of a layer on another stack; what it deleted goes there as well."""
        top, base, target = self.tree((*source, layer)), self.tree(source), self._new()
        copy_tree(str(self.tree(below)), str(target))
        for change in tree_changes(top, base):
            place = Path(f"{target}{change.path}")
            if change.kind is ChangeKind.DELETED:
                place.unlink(missing_ok=True)
            elif Path(f"{top}{change.path}").is_dir():
                place.mkdir(exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(Path(f"{top}{change.path}").read_bytes())
        self._stacks[(*below, layer)] = target
        return layer

    async def is_archive(self, file: Path) -> bool:
        return tarfile.is_tarfile(file)

    async def unpack(self, archive: Path, directory: int) -> None:
        with tarfile.open(archive) as packed:
            packed.extractall(f"/proc/self/fd/{directory}", filter="tar")

    async def download(self, url: str, target: Path) -> Download:
        del target
        raise Unavailable(f"{url}: there is no network")

    async def clone(self, url: str, target: Path, *, keep_git_dir: bool = False) -> str:
        del target, keep_git_dir
        raise Unavailable(f"{url}: there is no network")

    async def store(self, image: NewImage) -> tuple[str, Descriptor]:
        kept = await self.keep(image)
        return kept.id, await self.name(kept.id, image.tags)

    async def keep(self, image: NewImage) -> BaseImage:
        config = msgspec.structs.replace(image.config, rootfs=RootFS(image.stack))
        image_id = digest_of(msgspec.json.encode(config))
        self.tree(image.stack)
        self.stored[image_id] = NewImage(stack=image.stack, config=config, tags=image.tags, parent=image.parent)
        return BaseImage(image_id, image_id, config, image.stack)

    def known(self, image_id: str) -> BaseImage | None:
        image = self.stored.get(image_id)
        return BaseImage(image_id, image_id, image.config, image.stack) if image else None

    async def name(self, image_id: str, tags: Sequence[str]) -> Descriptor:
        if image_id not in self.stored:
            raise NoSuchImage(image_id)
        self.names.update(dict.fromkeys(tags, image_id))
        return Descriptor(OCI_MANIFEST, digest_of(f"manifest of {image_id}".encode()), 1)

    async def container(self, image: BaseImage, config: ExecutionConfig, process: StepProcess) -> StepContainer:
        del image, config, process
        raise Unsupported("this engine makes no containers for builds")

    def scratch(self) -> AbstractAsyncContextManager[Path]:
        return self._scratch()

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        place = self._new()
        place.mkdir()
        with self.opened():
            yield place

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Count a place as in use until the block ends."""
        self.open_places += 1
        try:
            yield
        finally:
            self.open_places -= 1

    def add(self, stack: Stack, root: Path) -> Digest | None:
        """Take a workspace as one more layer on a stack; None if it is the same."""
        if not tree_changes(root, self.tree(stack)):
            return None
        layer, kept = _digest_of(root), self._new()
        copy_tree(str(root), str(kept))
        self._stacks[(*stack, layer)] = kept
        return layer

    def _new(self) -> Path:
        return self.directory / secrets.token_hex(8)


class PaperWorkspace:
    """See `sdk.builder.Workspace`."""

    def __init__(self, engine: PaperBuildHost, stack: Stack, root: Path) -> None:
        self._engine, self._stack, self._root = engine, stack, root

    @asynccontextmanager
    async def files(self) -> AsyncIterator[int]:
        with _descriptor(self._root) as root:
            yield root

    async def owner(self, spec: str) -> tuple[int, int]:
        user, _, group = spec.partition(":")
        if not user.isdigit() or not (group or "0").isdigit():
            raise StartFailed(f"unable to find user {user}: no matching entries in passwd file")
        return int(user), int(group or user)

    async def run(self, process: StepProcess, output: Output) -> int:
        words = process.args[-1].split()
        if process.id in self._engine.processes:
            raise FileExistsError(f"there is a process {process.id} already")
        self._engine.processes.add(process.id)
        self._engine.process_began.set()
        try:
            await anyio.lowlevel.checkpoint()
            match words:
                case ["true"] | ["false"]:
                    return int(words[0] == "false")
                case ["write", name, *text]:
                    (self._root / name).write_text(" ".join(text))
                    output(StdStream.STDOUT, f"wrote {name}\n".encode())
                    return 0
                case ["sleep"]:
                    await anyio.sleep_forever()
            raise StartFailed(f"exec: {process.args[0]}: no such program here: {process.args[-1]}")
        finally:
            self._engine.processes.remove(process.id)

    async def commit(self, *, newest: int | None = None) -> Digest | None:
        if newest is not None:
            for path in (self._root, *self._root.rglob("*")):
                os.utime(path, (newest, min(newest, path.lstat().st_mtime)), follow_symlinks=False)
        return self._engine.add(self._stack, self._root)


class PaperCache:
    """See `sdk.builder.StepCache`."""

    def __init__(self, engine: PaperBuildHost) -> None:
        self._engine = engine
        self.steps: dict[str, NewStep] = {}

    async def get(self, key: str) -> CachedStep | None:
        new = self.steps.get(key)
        return new.step if new else None

    async def put(self, key: str, new: NewStep) -> None:
        self.steps[key] = new

    @asynccontextmanager
    async def mount(self, cache_id: str, sharing: str) -> AsyncIterator[tuple[Path, bool]]:
        if sharing not in ("shared", "private", "locked"):
            raise InvalidArgument(f"unsupported sharing mode {sharing}")
        place = self._engine.directory / f"cache-{hashlib.sha256(cache_id.encode()).hexdigest()[:8]}"
        is_new = not place.exists()
        place.mkdir(exist_ok=True)
        with self._engine.opened():
            yield place, is_new


@contextmanager
def _descriptor(directory: Path) -> Iterator[int]:
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield root
    finally:
        os.close(root)


def _digest_of(root: Path) -> Digest:
    """Return a digest of what a tree is, whatever its place."""
    found = []
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        target = os.readlink(path) if path.is_symlink() else ""
        found.append(
            f"{path.relative_to(root)} {status.st_mode} {status.st_uid} {int(status.st_mtime)} {target} {digest_of(content)}"
        )
    return digest_of("\n".join(found).encode())
