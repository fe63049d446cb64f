"""Sessions: what clients offer to the builds they start."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.connections import CallingConnection
from sdk.errors import InvalidArgument, Unavailable

_ARRIVAL_SECONDS = 10.0
_PREFIX = "x-docker-expose-session-"


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """One client. `shared_key` is the same for all its builds from one directory."""

    id: str
    shared_key: str
    connection: CallingConnection


def needed(session: Session | None) -> Session:
    """Return a session that a build cannot do without. Raises InvalidArgument."""
    if session is None:
        raise InvalidArgument("no active session: the client of this build offers none")
    return session


class Sessions:
    """The open sessions by ID."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._change = anyio.Event()

    @asynccontextmanager
    async def opened(self, headers: Mapping[str, str]) -> AsyncIterator[Session]:
        """Open a session as its headers (or metadata) describe it, and close it at the end."""
        session = Session(headers.get(_PREFIX + "uuid", ""), headers.get(_PREFIX + "sharedkey", ""), CallingConnection())
        self._open[session.id] = session
        self._change.set()
        self._change = anyio.Event()
        try:
            yield session
        finally:
            if self._open.get(session.id) is session:
                del self._open[session.id]

    async def of(self, build: Build) -> Session | None:
        """Return the session of a build's client; None if it sent all there is with its request. Raises Unavailable."""
        return None if build.posted else await self.get(build.request.session)

    async def get(self, session_id: str) -> Session:
        """Return a session; clients start it together with the build, so it may arrive a moment later.

        Raises Unavailable if it does not.
        """
        with anyio.move_on_after(_ARRIVAL_SECONDS):
            while session_id not in self._open:
                await self._change.wait()
        try:
            return self._open[session_id]
        except KeyError:
            raise Unavailable(f"no active session for {session_id}: context deadline exceeded") from None
