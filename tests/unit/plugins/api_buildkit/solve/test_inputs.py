"""What a build is made from: contexts from elsewhere, named ones, and what a client may not name."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from plugins.api_buildkit.build import Build, Posted
from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.proto.control_pb2 import SolveRequest
from plugins.api_buildkit.sessions import Sessions
from plugins.api_buildkit.solve.definitions import definition_of
from plugins.api_buildkit.solve.inputs import Fetcher, Inputs, ignore_patterns
from plugins.api_buildkit.solve.options import Options
from sdk.engine.builds import NamedContext, RemoteContext
from sdk.errors import EngineError, InvalidArgument, Unsupported

pytestmark = pytest.mark.anyio


class Remote:
    """Fetches nothing: every URL stands for one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.asked: list[str] = []

    @asynccontextmanager
    async def remote(self, url: str) -> AsyncIterator[RemoteContext]:
        self.asked.append(url)
        yield RemoteContext(self._directory, "FROM x" if url.endswith("Dockerfile") else None)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "context/sub").mkdir(parents=True)
    (tmp_path / "context/out").symlink_to("/etc")
    (tmp_path / "context/loop").symlink_to("loop")
    return tmp_path / "context"


async def fetched(directory: Path, *, posted: bool = False, **attrs: str) -> Inputs:
    """Fetch what a client without a session names; `context__x` is `context:x`."""
    build = Build(SolveRequest(), posted=Posted(directory) if posted else None)
    options = Options({name.replace("__", ":"): value for name, value in attrs.items()})
    async with AsyncExitStack() as stack:
        fetcher = Fetcher(build, None, Sessions(), Contexts(directory, 0), Remote(directory), stack)
        return await fetcher.fetch(options, {"in": definition_of("sha256:1")})


async def test_a_context_from_elsewhere(directory: Path) -> None:
    assert await fetched(directory, context="https://x/y.git") == Inputs(directory, "Dockerfile", None, None, {})
    assert (await fetched(directory, context="https://x/Dockerfile")).dockerfile_text == "FROM x"
    assert (await fetched(directory, context="https://x/y.git", contextsubdir="/sub")).context == directory / "sub"
    assert (await fetched(directory, context="https://x/y.git", filename="Other")).dockerfile == "Other"
    assert (await fetched(directory, contextkey="other", other="https://x/y.git")).context == directory


@pytest.mark.parametrize(
    ("subdirectory", "message"),
    [
        ("../..", "leads out of it"),
        ("sub/../../..", "leads out of it"),
        ("out", "leads out of it"),
        ("a\0b", "the context has no subdirectory a b"),
        ("loop/x", "the context has no subdirectory loop/x"),
    ],
)
async def test_a_subdirectory_stays_inside(directory: Path, subdirectory: str, message: str) -> None:
    """A zero byte and symlinks in a circle were told in Python's words."""
    with pytest.raises(InvalidArgument, match=message):
        await fetched(directory, context="https://x/y.git", contextsubdir=subdirectory)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("docker-image://busybox:1", NamedContext(image="busybox:1")),
        ("docker-image:busybox", NamedContext(image="busybox")),
        ("input:in", NamedContext(image="sha256:1")),
    ],
)
async def test_a_named_context(directory: Path, value: str, named: NamedContext) -> None:
    assert (await fetched(directory, context="https://x/y.git", context__n=value)).named == {"n": named}


@pytest.mark.parametrize("value", ["https://x/y.git", "git://x/y", "ssh://git@x/y", "git@x:y.git", "http://x/y.tar"])
async def test_a_named_context_from_elsewhere(directory: Path, value: str) -> None:
    assert (await fetched(directory, context="https://x/y.git", context__n=value)).named == {"n": NamedContext(directory)}


@pytest.mark.parametrize(
    ("attrs", "error"),
    [
        ({"context__n": "oci-layout://x"}, Unsupported),
        ({"context__n": ""}, Unsupported),
        ({"context__n": "input:none"}, InvalidArgument),
        ({"context__n": "local:x"}, InvalidArgument),
        ({}, InvalidArgument),
        ({"context": "https://[x/"}, InvalidArgument),
        ({"context": "http://buildkit-session/x"}, InvalidArgument),
        ({"context": "https://x/y.git", "dockerfilekey": "dockerfile"}, InvalidArgument),
    ],
)
async def test_what_only_a_session_has_and_what_is_no_source_is_refused(
    directory: Path, attrs: dict[str, str], error: type[EngineError]
) -> None:
    with pytest.raises(error):
        await fetched(directory, **{"context": "https://x/y.git", **attrs} if attrs else attrs)


async def test_a_posted_context_needs_no_session(directory: Path) -> None:
    (directory / "Dockerfile").write_text("FROM x")
    assert (await fetched(directory, posted=True)).context == directory
    (directory / "Dockerfile").unlink()
    (directory / "Dockerfile").mkdir()
    assert (await fetched(directory, posted=True)).dockerfile == "Dockerfile"


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        (b"", ()),
        (b"\xef\xbb\xbfa\r\nb\n", ("a", "b")),
        (b"# no\n #yes\n", ("#yes",)),
        (b"/\n.\n./a/..\n", (".", ".", ".")),
        (b"!/a/\n!\n", ("!a", "!.")),
        (b"caf\xe9\n", ("caf\ufffd",)),
        ("a\u2028b\n# no\x0cno\n".encode(), ("a\u2028b",)),
    ],
)
async def test_patterns_of_an_ignore_file(text: bytes, patterns: tuple[str, ...]) -> None:
    assert ignore_patterns(text) == patterns
