"""The frontend: `/grpc`, where the daemon serves, `/session`, where it calls the client back, and `/build` of the version that uses the latter.
A connection that begins with HTTP/2 is served as one upgraded at `/grpc` is: buildctl and other gRPC clients come that way.

Nothing of gRPC is imported before the first build: a daemon that builds nothing stays small.
"""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import anyio

from plugins.api_buildkit.settings import ApiBuildkitSettings
from sdk.engine import Engine
from sdk.frontend import HTTP2_PATH, ApiFrontend, ASGIApp, Receive, Scope, Send, refuse, split_version

if TYPE_CHECKING:
    from plugins.api_buildkit.server import BuildServer

_PATHS = frozenset({"/grpc", "/session", "/build", "/build/cancel"})


class BuildkitFrontend(ApiFrontend):
    """BuildKit's protocol at the paths where Docker's clients look for it, with and without an API version before them."""

    def __init__(self, settings: ApiBuildkitSettings, data_root: Path) -> None:
        self._settings = settings
        self._data_root = data_root

    def claims(self, path: str) -> int:
        """Claim exactly these paths, and connections in HTTP/2."""
        return len(path) if path == HTTP2_PATH or split_version(path)[1] in _PATHS else 0

    def accepts(self, path: str, query: str) -> bool:
        """Leave builds of another version to others."""
        return not path.endswith("/build") or "version=2" in query.split("&")

    def build(self, engine: Engine) -> ASGIApp:
        """Return the application."""
        return _Application(engine, self._settings, self._data_root)


class _Application:
    def __init__(self, engine: Engine, settings: ApiBuildkitSettings, data_root: Path) -> None:
        self._engine, self._settings, self._data_root = engine, settings, data_root
        self._loading = anyio.Lock()
        self._server: BuildServer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = split_version(str(scope["path"]))[1]
        if path.startswith("/build"):
            await (await self._load()).posted.answer(path.removeprefix("/"), scope, receive, send)
            return
        headers = _headers(scope)
        refusal = None if scope["path"] == HTTP2_PATH else _refusal(str(scope["method"]), headers.get("upgrade", ""))
        if refusal is not None:
            await refuse(send, *refusal)
            return
        server = await self._load()
        serve = server.serve_session if path == "/session" else server.serve_grpc
        await serve(scope, headers)

    async def _load(self) -> "BuildServer":
        async with self._loading:
            if self._server is None:
                make = await anyio.to_thread.run_sync(_import_server)
                self._server = make(self._engine, self._settings, self._data_root)
        return self._server


def _import_server() -> "type[BuildServer]":
    from plugins.api_buildkit.server import BuildServer  # noqa: PLC0415 - takes a moment and some memory

    return BuildServer


def _headers(scope: Scope) -> dict[str, str]:
    pairs = cast(list[tuple[bytes, bytes]], scope["headers"])
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def _refusal(method: str, protocol: str) -> tuple[int, str] | None:
    """Return status and message for a request that is not for gRPC."""
    if method != "POST":
        return 404, "page not found"
    if not protocol:
        return 400, "no upgrade proto in request: this endpoint speaks gRPC, with Upgrade: h2c"
    return None if protocol.lower() == "h2c" else (400, f"protocol {protocol} not supported")
