"""What a build is made from: its Dockerfile, its context and further contexts, fetched from the client or from elsewhere."""

import os
import posixpath
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.filesync.receive import Selection, receive
from plugins.api_buildkit.filesync.tree import Tree
from plugins.api_buildkit.offers import pull_upload
from plugins.api_buildkit.proto.ops_pb2 import Definition
from plugins.api_buildkit.sessions import Session, Sessions, needed
from plugins.api_buildkit.solve.definitions import built_image
from plugins.api_buildkit.solve.options import Options
from plugins.api_buildkit.solve.progress import step
from sdk.engine.builds import Builds, NamedContext
from sdk.errors import InvalidArgument, Unsupported
from sdk.linux.openat import open_regular
from sdk.text import cleaned, lines

_UPLOADS = "buildkit-session"
_IGNORE = ".dockerignore"
_LONGEST = 16 << 20
"""Bytes of a Dockerfile or a .dockerignore; the builder takes no more."""

_REMOTE = ("http", "https", "git", "ssh")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where everything lies on this machine. `dockerfile_text` is set when there is no file of it."""

    context: Path | None
    dockerfile: str
    dockerfile_directory: Path | None
    dockerfile_text: str | None
    named: Mapping[str, NamedContext]


class Fetcher:
    """Fetches the inputs of one build; they last as long as `stack`."""

    def __init__(
        self, build: Build, session: Session | None, sessions: Sessions, contexts: Contexts, builds: Builds, stack: AsyncExitStack
    ) -> None:
        self._build, self._session, self._sessions = build, session, sessions
        self._contexts, self._builds, self._stack = contexts, builds, stack

    async def fetch(self, options: Options, definitions: Mapping[str, Definition]) -> Inputs:
        """Fetch everything. Raises DataLoss when the client does not deliver, and what fetching from elsewhere raises."""
        name = options.text("filename", "Dockerfile")
        named = {key: await self._named(key, value, options, definitions) for key, value in options.prefixed("context:").items()}
        if self._build.posted is not None:
            self._build.dockerfile = _read(self._build.posted.context, name)
            return Inputs(self._build.posted.context, name, None, None, named)
        remote = options.text(options.text("contextkey", "context"))
        if remote:
            return await self._from_elsewhere(remote, name, options, named)
        directory = await self._dockerfile(options.text("dockerfilekey", "dockerfile"), name, options)
        context = await self._directory(options.text("contextkey", "context"), "[internal] load build context", options)
        return Inputs(context, name, directory, None, named)

    async def _from_elsewhere(self, url: str, name: str, options: Options, named: Mapping[str, NamedContext]) -> Inputs:
        """Fetch a context from a URL, or from the client's standard input; the Dockerfile may still be a local one."""
        directory, text = await self._remote(url)
        directory = _below(directory, options.text("contextsubdir"))
        place = None
        if options.text("dockerfilekey"):
            place = await self._dockerfile(options.text("dockerfilekey"), name, options)
        return Inputs(directory, name, place, text, named)

    async def _remote(self, url: str) -> tuple[Path, str | None]:
        with step(self._build, f"[internal] load remote build context {url}"):
            parts = _split(url)
            if parts.hostname == _UPLOADS:
                archive = pull_upload(needed(self._session).connection, _UPLOADS, parts.path)
                return await self._stack.enter_async_context(self._builds.unpacked(archive)), None
            remote = await self._stack.enter_async_context(self._builds.remote(url))
            return remote.directory, remote.dockerfile_text

    async def _dockerfile(self, local: str, name: str, options: Options) -> Path:
        """Fetch the Dockerfile and the ignore file that belongs to it alone."""
        session = await self._offering(local, options)
        directory = await self._stack.enter_async_context(self._builds.scratch())
        wanted = Selection(local, paths=(name, f"{name}{_IGNORE}"))
        with step(self._build, f"[internal] load build definition from {posixpath.basename(name)}") as loading:
            with loading.part("transferring dockerfile:") as part:
                await receive(session.connection, wanted, Tree(directory), part.at)
            self._build.dockerfile = _read(directory, name)
        return directory

    async def _directory(self, local: str, title: str, options: Options) -> Path:
        """Fetch a directory without what its ignore file leaves out; kept for the next build if no other build is using it."""
        session = await self._offering(local, options)
        excludes = await self._ignored(session, local, options)
        key = f"{session.shared_key}/{local}" if session.shared_key else ""
        kept = await self._stack.enter_async_context(self._contexts.kept(key))
        directory = kept.directory if kept else await self._stack.enter_async_context(self._builds.scratch())
        tree = kept.tree if kept else Tree(directory)
        with step(self._build, title) as loading, loading.part("transferring context:") as part:
            await receive(session.connection, Selection(local, excludes), tree, part.at)
        if kept:
            kept.save()
        return directory

    async def _ignored(self, session: Session, local: str, options: Options) -> tuple[str, ...]:
        own = f"{options.text('filename', 'Dockerfile')}{_IGNORE}"
        async with self._builds.scratch() as directory:
            title = f"[internal] load {_IGNORE}" if local == "context" else f"[internal] load {_IGNORE} of {local}"
            with step(self._build, title) as loading, loading.part("transferring context:") as part:
                await receive(session.connection, Selection(local, paths=(_IGNORE, own)), Tree(directory), part.at)
            return ignore_patterns(_read(directory, own) or _read(directory, _IGNORE))

    async def _named(self, key: str, value: str, options: Options, definitions: Mapping[str, Definition]) -> NamedContext:
        kind, _, rest = value.partition(":")
        match kind:
            case "docker-image":
                return NamedContext(image=rest.removeprefix("//"))
            case "local":
                return NamedContext(await self._directory(rest, f"[context {key}] load from client", options))
            case "input":
                return NamedContext(image=built_image(definitions, rest))
            case _ if kind in _REMOTE or kind.startswith("git@"):
                directory, _text = await self._remote(value)
                return NamedContext(directory)
        raise Unsupported(f"unsupported context source {kind} for {key}")

    async def _offering(self, local: str, options: Options) -> Session:
        """Return the session that has a directory: the build's own, unless the client shares one among builds."""
        other = options.text(f"local-sessionid:{local}")
        return await self._sessions.get(other) if other else needed(self._session)


def ignore_patterns(text: bytes) -> tuple[str, ...]:
    """Return the patterns of a .dockerignore, cleaned as Docker's clients do."""
    stripped = (line.strip() for line in lines(text.decode("utf-8-sig", errors="replace")) if not line.startswith("#"))
    return tuple(_clean(line) for line in stripped if line)


def _clean(pattern: str) -> str:
    inverted = pattern.startswith("!")
    path = posixpath.normpath(pattern.removeprefix("!").strip()).lstrip("/")
    return ("!" if inverted else "") + (path or ".")


def _read(directory: Path, name: str) -> bytes:
    """Return the content of a file of a context; b"" if it is no regular file in there, which the builder will complain about."""
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        file = open_regular(root, name)
    except OSError:
        return b""
    finally:
        os.close(root)
    with open(file, "rb") as content:
        return content.read(_LONGEST)


def _below(directory: Path, subdirectory: str) -> Path:
    try:
        path = (directory / subdirectory.lstrip("/")).resolve()
    except (ValueError, RuntimeError, OSError):  # a zero byte, symlinks in a circle
        raise InvalidArgument(f"the context has no subdirectory {cleaned(subdirectory)}") from None
    if not path.is_relative_to(directory.resolve()):
        raise InvalidArgument(f"the context's subdirectory {subdirectory} leads out of it")
    return path


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidArgument(f'parse "{cleaned(url)}": invalid URL') from None
