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
        sources += [Source(heredoc.name, content=heredoc.content.encode()) for heredoc in body.heredocs]
        digest = await anyio.to_thread.run_sync(_digest, sources)
        yield sources, digest


def _local(tree: Tree, text: str, body: Copy) -> list[Source]:
    pivot, _, rest = text.partition("/./") if body.parents and "/./" in text else ("", "", text)
    paths = tree.matches(posixpath.join(pivot, rest))
    if not paths:
        raise not_found(text)
    return [_found(tree, path, posixpath.normpath(pivot).lstrip("/") if pivot else "", body) for path in paths]


def _found(tree: Tree, path: str, pivot: str, body: Copy) -> Source:
    status = tree.status(path) if path else os.stat(tree.place(""))
    if stat.S_ISLNK(status.st_mode) and not body.parents and (target := _followed(tree, path)):
        return _found(tree, target, pivot, body)
    below = path.removeprefix(pivot).lstrip("/")
    is_directory = stat.S_ISDIR(status.st_mode)
    under = (below if is_directory else posixpath.dirname(below)) if body.parents else ""
    return Source(posixpath.basename(path), tree, path, is_directory, under=under, exclude=ignore_rules(body.exclude))


def _followed(tree: Tree, path: str) -> str:
    """Return what a symlink named as a source points at, inside the tree; "" if that is nothing."""
    target = os.readlink(tree.place(tree.real(path)))
    found = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), target)).lstrip("/")
    return found if found != path and tree.matches(found) else ""


async def _download(building: Building, body: Copy, url: str, held: AsyncExitStack) -> Source:
    directory = await held.enter_async_context(building.host.scratch())
    name = unquote(posixpath.basename(urlsplit(url).path))
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


def not_found(text: str) -> BuildFailed:
    """Return the failure of a source that does not exist."""
    path = posixpath.normpath("/" + text)
    return BuildFailed(f'failed to compute cache key: failed to calculate checksum of ref: "{path}": not found')
