"""Sessions that come, go, and come again."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from plugins.api_buildkit import sessions as module
from plugins.api_buildkit.build import Build, Posted
from plugins.api_buildkit.proto.control_pb2 import SolveRequest
from plugins.api_buildkit.sessions import Session, Sessions, needed
from sdk.errors import InvalidArgument, Unavailable

pytestmark = pytest.mark.anyio

ID = "x-docker-expose-session-uuid"
NAMED = {ID: "a", "x-docker-expose-session-sharedkey": "key"}


@asynccontextmanager
async def opened(sessions: Sessions, headers: dict[str, str]) -> AsyncIterator[Session]:
    """Open a session whose client is there and says nothing."""
    ours, theirs = socket.socketpair()
    with theirs:
        async with sessions.opened(headers) as session:
            await asyncio.get_running_loop().create_connection(lambda: session.connection.protocol, sock=ours)
            yield session
        session.connection.close()


async def test_a_session_is_there_while_its_client_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ARRIVAL_SECONDS", 0.01)
    sessions = Sessions()
    async with opened(sessions, NAMED) as session:
        assert (session.id, session.shared_key) == ("a", "key")
        assert await sessions.get("a") is session
    with pytest.raises(Unavailable, match="no active session for a: context deadline exceeded"):
        await sessions.get("a")


async def test_the_newer_of_two_sessions_stays_when_the_older_ends() -> None:
    sessions = Sessions()
    async with opened(sessions, NAMED) as older:
        async with opened(sessions, NAMED) as newer:
            assert await sessions.get("a") is newer
        assert newer is not older
    async with opened(sessions, NAMED) as newest:
        assert await sessions.get("a") is newest


async def test_a_session_that_comes_a_moment_later_is_waited_for() -> None:
    sessions, found = Sessions(), list[Session | None]()

    async def ask() -> None:
        found.append(await sessions.of(Build(SolveRequest(session="a"))))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        async with opened(sessions, {ID: "b"}), opened(sessions, NAMED) as session:
            await anyio.wait_all_tasks_blocked()
    assert found == [session]


async def test_a_build_that_brought_everything_needs_no_session(tmp_path: Path) -> None:
    build = Build(SolveRequest(session="none"), posted=Posted(tmp_path))
    assert await Sessions().of(build) is None
    with pytest.raises(InvalidArgument, match="no active session"):
        needed(None)
