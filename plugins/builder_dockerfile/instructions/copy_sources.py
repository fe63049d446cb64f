"""What COPY and ADD copy: files of a tree, heredocs, downloads and repositories, found and digested before anything is made."""

import hashlib
import os
import posixpath
import re
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio.to_thread

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.files.digest import tree_digest
from plugins.builder_dockerfile.files.tree import Tree
from plugins.builder_dockerfile.language.ignore import IgnoreRules, ignore_rules
from plugins.builder_dockerfile.language.instructions import Copy
from sdk.errors import BuildFailed
from sdk.text import cleaned

_URL = re.compile(r"https?://", re.IGNORECASE)
_GIT = re.compile(r"(?:git@|git://|ssh://)|https?://[^#?]+\.git(?:[#?]|$)")


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to copy. `path` in a tree ("" is all of it), or `content` called `name`. `under` is where below the destination it goes
    (`--parents`)."""

    name: str
    tree: Tree | None = None
    path: str = ""
    directory: bool = False
    content: bytes | None = None
    under: str = ""
    fetched: bool = False
    exclude: IgnoreRules = field(default_factory=IgnoreRules)

    def skips(self, name: str) -> bool:
        """Tell whether `--exclude` leaves out a name inside this source."""
        return self.exclude.ignores(name) or (bool(self.path) and self.exclude.ignores(posixpath.join(self.path, name)))

    @property
    def excluded(self) -> bool:
        """Whether `--exclude` leaves out the source itself. A directory's own name does not count: its content is copied."""
        return not self.directory and (self.exclude.ignores(self.name) or self.exclude.ignores(self.path))


@asynccontextmanager
async def found_sources(building: Building, body: Copy, tree: Tree) -> AsyncIterator[tuple[list[Source], str]]:
    """Give an instruction's sources and a digest of everything in them. Raises BuildFailed for one that does not exist."""
    async with AsyncExitStack() as held:
        sources: list[Source] = []
        for text in body.sources:
            if body.add and _GIT.match(text):
                sources.append(await _repository(building, body, text, held))
            elif body.add and _URL.match(text):
                sources.append(await _download(building, body, text, held))
            else:
                sources += await anyio.to_thread.run_sync(_local, tree, text, body)
        sources += [Source(heredoc.name, content=heredoc.content.encode("utf-8", "surrogateescape")) for heredoc in body.heredocs]
        digest = await anyio.to_thread.run_sync(_digest, sources)
        yield sources, digest


def _local(tree: Tree, text: str, body: Copy) -> list[Source]:
    found = _with_parents(tree, text, body) if body.parents else [_followed(tree, path, body) for path in tree.matches(text)]
    if not found:
        raise SourceMissing(text)
    return [source for source in found if not source.excluded]


def _with_parents(tree: Tree, text: str, body: Copy) -> list[Source]:
    """Return what `--parents` copies: names from the root on, or from the pivot `/./` on, before which wildcards may stand too."""
    pivot, found, rest = text.partition("/./")
    pairs = [(base, rest) for base in tree.matches(pivot, deep=True)] if found else [("", text)]
    return [_placed(tree, path, base, body) for base, wanted in pairs for path in tree.matches(wanted, base, deep=True)]


def _placed(tree: Tree, path: str, pivot: str, body: Copy) -> Source:
    below = path.removeprefix(pivot).lstrip("/")
    is_directory = stat.S_ISDIR(_status(tree, path).st_mode)
    under = below if is_directory else posixpath.dirname(below)
    return Source(posixpath.basename(path), tree, path, is_directory, under=under, exclude=ignore_rules(body.exclude))


def _followed(tree: Tree, path: str, body: Copy) -> Source:
    """Return a source that was named: of a symlink what it points at, under the symlink's own name. One that points at nothing stays one."""
    status, exclude = _status(tree, path), ignore_rules(body.exclude)
    target = tree.followed(path) if stat.S_ISLNK(status.st_mode) else path
    if target is None:
        return Source(posixpath.basename(path), tree, path, exclude=exclude)
    return Source(posixpath.basename(path), tree, target, stat.S_ISDIR(_status(tree, target).st_mode), exclude=exclude)


def _status(tree: Tree, path: str) -> os.stat_result:
    return tree.status(path) if path else os.stat(tree.place(""))


async def _download(building: Building, body: Copy, url: str, held: AsyncExitStack) -> Source:
    directory = await held.enter_async_context(building.host.scratch())
    try:
        name = unquote(posixpath.basename(urlsplit(url).path))
    except ValueError:
        raise BuildFailed(f'parse "{cleaned(url)}": invalid URL') from None
    download = await building.host.download(url, directory / "content")
    name = name or download.name
    if not name and body.destination.endswith("/"):
        raise BuildFailed(f"cannot determine filename from url: {url}")
    root = await _opened(directory, held)
    if body.checksum:
        await anyio.to_thread.run_sync(_check, directory / "content", body.checksum, url)
    os.chmod(directory / "content", 0o600)
    if download.modified:
        os.utime(directory / "content", (download.modified, download.modified))
    return Source(name or "download", Tree(root), "content", fetched=True)


async def _repository(building: Building, body: Copy, url: str, held: AsyncExitStack) -> Source:
    directory = await held.enter_async_context(building.host.scratch())
    commit = await building.host.clone(url, directory, keep_git_dir=body.keep_git_dir)
    if body.checksum and not commit.startswith(body.checksum):
        raise BuildFailed(f"expected checksum to match {body.checksum}, got {commit}")
    subdirectory = url.partition("#")[2].partition(":")[2].strip("/")
    return Source("", Tree(await _opened(directory, held)), subdirectory, directory=True, exclude=ignore_rules(body.exclude))


async def _opened(directory: Path, held: AsyncExitStack) -> int:
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    held.callback(os.close, root)
    return root


def _check(file: Path, checksum: str, url: str) -> None:
    with file.open("rb") as content:
        digest = f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}"
    if digest != checksum:
        raise BuildFailed(f"digest mismatch {digest} for {url}: expected {checksum}")


def _digest(sources: list[Source]) -> str:
    whole = hashlib.sha256()
    for source in sources:
        whole.update(f"{source.name}\0{source.under}\0{source.directory}\0".encode("utf-8", "surrogateescape"))
        if source.content is not None:
            whole.update(source.content)
        elif source.tree is not None:
            whole.update(tree_digest(source.tree, source.path, source.skips).encode())
    return whole.hexdigest()


class SourceMissing(BuildFailed):
    """A source that does not exist, in BuildKit's words; `source` is as it was named."""

    def __init__(self, source: str) -> None:
        path = posixpath.normpath("/" + source.lstrip("/"))
        super().__init__(f'failed to compute cache key: failed to calculate checksum of ref: "{path}": not found')
        self.source = source
