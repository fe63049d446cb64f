"""`POST /build?version=2`: statuses, lines, and two builds of one name."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.history import History
from plugins.api_buildkit.posted import PostedBuilds
from plugins.api_buildkit.sessions import Sessions
from sdk.engine.builds import RemoteContext
from sdk.errors import BuildFailed, DataLoss

pytestmark = pytest.mark.anyio


class Solver:
    """Builds as `work` says."""

    def __init__(self, work: Callable[[Build], object]) -> None:
        self._work = work

    async def solve(self, build: Build, attrs: object, definitions: object) -> object:
        del attrs, definitions
        result = self._work(build)
        return await result if hasattr(result, "__await__") else result

    async def export(self, build: Build, result: object) -> dict[str, str]:
        del build
        return {"containerimage.config.digest": str(result)}


class Contexts:
    """Unpacks nothing: a body of `bad` is no archive."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @asynccontextmanager
    async def unpacked(self, archive: AsyncIterator[bytes]) -> AsyncIterator[Path]:
        if b"".join([piece async for piece in archive]) == b"bad":
            raise DataLoss("invalid tar header")
        yield self._directory

    @asynccontextmanager
    async def remote(self, url: str) -> AsyncIterator[RemoteContext]:
        yield RemoteContext(self._directory, f"FROM {url}")


class Posted:
    """The application, and a client that stays until the end."""

    def __init__(self, directory: Path, work: Callable[[Build], object]) -> None:
        self.builds = Builds(History(4))
        self.posted = PostedBuilds(self.builds, Solver(work), Sessions(), Contexts(directory))

    async def ask(self, path: str, query: str, body: bytes = b"", method: str = "POST") -> tuple[int, list[dict[str, object]]]:
        told: list[dict[str, object]] = []
        messages: list[dict[str, object]] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, object]:
            if messages:
                return messages.pop()
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: dict[str, object]) -> None:
            told.append(message)

        scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": []}
        with anyio.fail_after(20):
            await self.posted.answer(path, scope, receive, send)
        assert not told[-1].get("more_body", False)
        lines = b"".join(bytes(message.get("body", b"")) for message in told[1:]).splitlines()
        return int(str(told[0]["status"])), [json.loads(line) for line in lines]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return tmp_path


async def test_a_build_ends_with_its_image(context: Path) -> None:
    status, lines = await Posted(context, lambda _build: "sha256:1").ask("build", "version=2&buildid=a")
    assert (status, lines[-1]) == (200, {"id": "moby.image.id", "aux": {"ID": "sha256:1"}})


async def test_a_failure_is_the_last_line(context: Path) -> None:
    def fail(build: Build) -> None:
        raise BuildFailed("it went wrong")

    posted = Posted(context, fail)
    status, lines = await posted.ask("build", "version=2&buildid=a")
    assert (status, lines[-1]) == (200, {"errorDetail": {"message": "it went wrong"}, "error": "it went wrong"})
    assert posted.builds.history.find("a") is not None


@pytest.mark.parametrize(
    ("query", "body", "message"),
    [
        ("", b"bad", "invalid tar header"),
        ("buildargs={", b"", "error reading the build's parameters: "),
        ("outputs=[{%22x%22:" + "[" * 5000, b"", "nested too deeply"),
        ("labels=5", b"", "error reading the build's parameters: "),
    ],
)
async def test_what_is_no_build_has_a_status(context: Path, query: str, body: bytes, message: str) -> None:
    status, (line,) = await Posted(context, lambda _build: "").ask("build", f"version=2&{query}", body)
    assert status == 400
    assert message in str(line["message"])


async def test_a_context_from_elsewhere_may_be_a_dockerfile_alone(context: Path) -> None:
    await Posted(context, lambda _build: "").ask("build", "version=2&remote=busybox")
    assert (context / "Dockerfile").read_text() == "FROM busybox"


async def test_a_second_build_of_a_name_is_refused_and_the_first_goes_on(context: Path) -> None:
    """The second took the first one's place, and the end of one of them was KeyError."""
    begun, go_on = anyio.Event(), anyio.Event()

    async def work(build: Build) -> str:
        del build
        begun.set()
        await go_on.wait()
        return "sha256:1"

    posted, first = Posted(context, work), list[tuple[int, list[dict[str, object]]]]()

    async def build() -> None:
        first.append(await posted.ask("build", "version=2&buildid=a"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(build)
        await begun.wait()
        status, lines = await posted.ask("build", "version=2&buildid=a")
        assert (status, lines[-1]["error"]) == (200, "job ID a exists")
        go_on.set()
    assert first[0][1][-1] == {"id": "moby.image.id", "aux": {"ID": "sha256:1"}}


async def test_a_build_is_cancelled_by_its_name(context: Path) -> None:
    begun = anyio.Event()

    async def work(build: Build) -> None:
        del build
        begun.set()
        await anyio.sleep_forever()

    posted, told = Posted(context, work), list[tuple[int, list[dict[str, object]]]]()

    async def build() -> None:
        told.append(await posted.ask("build", "version=2&buildid=a"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(build)
        await begun.wait()
        assert (await posted.ask("build/cancel", "id=b"))[0] == 404
        assert (await posted.ask("build/cancel", "id=a"))[0] == 200
    assert told[0][1][-1]["error"] == "context canceled"
    assert (await posted.ask("build/cancel", "id=a"))[0] == 404


async def test_other_methods_are_not_allowed(context: Path) -> None:
    assert (await Posted(context, lambda _build: "").ask("build", "version=2", method="GET"))[0] == 405
