"""What builds fetch: files by HTTP, repositories with git, and contexts made of either."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from core.engine.builds.archives import is_archive
from core.engine.builds.contexts import Scratch, unpack_file
from core.engine.remote_files import remote_file
from core.images.content.diskspace import writing
from sdk.builder import Download
from sdk.engine.builds import RemoteContext
from sdk.errors import BuildFailed, EngineError, InvalidArgument, ResourceExhausted, Unavailable

_GIT = re.compile(r"(?:git://|git@|ssh://|github\.com/)|(?:https?://[^#]+\.git(?:#|$))")
_GIT_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_HTTP_LOW_SPEED_LIMIT": "128",
    "GIT_HTTP_LOW_SPEED_TIME": "60",
}
"""git asks no user, and gives up a server of the web that sends less than 128 bytes a second for a minute."""
_LARGEST_DOCKERFILE = 16 << 20
_NAME = re.compile(r'filename="?([^";/]+)')


@dataclass(frozen=True, slots=True)
class Repository:
    """`remote[#ref[:subdirectory]]`, as clients write it."""

    remote: str
    ref: str = ""
    subdirectory: str = ""


def is_repository(url: str) -> bool:
    """Tell whether a URL is one of a git repository."""
    return _GIT.match(url) is not None


def parse_repository(url: str) -> Repository:
    """Divide a repository's URL. Raises InvalidArgument for a reference that git would take as an option."""
    remote, _, fragment = url.partition("#")
    ref, _, subdirectory = fragment.partition(":")
    if ref.startswith("-") or remote.startswith("-"):
        raise InvalidArgument(f"invalid refspec: {ref or remote}")
    return Repository(f"https://{remote}" if remote.startswith("github.com/") else remote, ref, subdirectory)


async def download(url: str, target: Path) -> Download:
    """Fetch a file by HTTP. Raises BuildFailed for a status that is none of success, InvalidArgument for what is no URL,
    ResourceExhausted, Unavailable for other trouble."""
    async with remote_file(url, _failed) as file:
        if file.size is not None and file.size > await run_sync(_room, target.parent):
            raise ResourceExhausted(f"write {target.name}: no space left on device")
        with writing(Path(target.name)):
            async with await anyio.open_file(target, "wb") as out:
                async for chunk in file.chunks():
                    await out.write(chunk)
        found = _NAME.search(file.header("content-disposition"))
        return Download(_modified(file.header("last-modified")), found[1] if found else "")


def _failed(url: str, status: int, phrase: str, said: str) -> EngineError:
    del said
    return BuildFailed(f"ADD failed: failed to GET {url} with status {status} {phrase}: ")


def _room(directory: Path) -> int:
    return shutil.disk_usage(directory).free


async def clone(url: str, target: Path, *, keep_git_dir: bool = False) -> str:
    """Fetch a repository's tree into an empty directory and return the commit. Raises InvalidArgument, BuildFailed, Unavailable."""
    repository = parse_repository(url)
    await _git(target, "init", "-q", ".")
    await _fetch(target, repository.remote, repository.ref or "HEAD")
    await _git(target, "checkout", "-q", "FETCH_HEAD")
    await _git(target, "submodule", "update", "-q", "--init", "--recursive", "--depth=1")
    commit = (await _git(target, "rev-parse", "HEAD")).strip()
    if not keep_git_dir:
        await anyio.to_thread.run_sync(lambda: shutil.rmtree(target / ".git", ignore_errors=True))
    return commit


@asynccontextmanager
async def remote_context(scratch: Scratch, url: str) -> AsyncIterator[RemoteContext]:
    """Give a context fetched from a URL. Raises InvalidArgument, BuildFailed, Unavailable."""
    async with scratch.directory() as directory, scratch.directory() as aside:
        if is_repository(url):
            await clone(url, directory)
            yield RemoteContext(_below(directory, parse_repository(url).subdirectory))
            return
        if not url.startswith(("http://", "https://")):
            raise InvalidArgument(f"unable to prepare context: unsupported URL {url!r}")
        file = aside / "download"
        await download(url, file)
        if not is_archive(file):
            yield RemoteContext(directory, _dockerfile(file))
            return
        await unpack_file(directory, file)
        yield RemoteContext(directory)


def _dockerfile(file: Path) -> str:
    with file.open("rb") as opened:
        text = opened.read(_LARGEST_DOCKERFILE + 1)
    if len(text) > _LARGEST_DOCKERFILE:
        raise InvalidArgument(f"the Dockerfile is larger than {_LARGEST_DOCKERFILE} bytes")
    return text.decode(errors="replace")


async def _fetch(target: Path, remote: str, ref: str) -> None:
    """Fetch one commit, or all that lead to it where the repository is served as plain files."""
    try:
        await _git(target, "fetch", "-q", "--depth=1", remote, ref)
    except BuildFailed as error:
        if "does not support shallow" not in error.message:
            raise
        await _git(target, "fetch", "-q", remote, ref)


async def _git(directory: Path, *arguments: str) -> str:
    environment = {**os.environ, **_GIT_ENVIRONMENT}
    try:
        done = await anyio.run_process(["git", *arguments], cwd=directory, check=False, env=environment)
    except FileNotFoundError:
        raise Unavailable("git contexts need the program git on the engine's machine, and it is not there") from None
    if done.returncode:
        raise BuildFailed(f"error fetching: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


def _below(directory: Path, subdirectory: str) -> Path:
    place = (directory / subdirectory.strip("/")).resolve()
    if not place.is_relative_to(directory.resolve()) or not place.is_dir():
        raise InvalidArgument(f"subdir not found in repository: {subdirectory}")
    return place


def _modified(text: str) -> int:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError):
        return 0
