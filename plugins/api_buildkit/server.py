"""The daemon's side: services on `/grpc`, sessions from `/session`, and what lives as long as the daemon."""

from collections.abc import Mapping
from pathlib import Path

from grpclib.health.service import Health

from plugins.api_buildkit.builds import Builds
from plugins.api_buildkit.connections import Service, ServingConnection, take_over
from plugins.api_buildkit.filesync.contexts import Contexts
from plugins.api_buildkit.history import History
from plugins.api_buildkit.posted import PostedBuilds
from plugins.api_buildkit.services.control import ControlService
from plugins.api_buildkit.services.gateway import GatewayService
from plugins.api_buildkit.services.trace import TraceSink
from plugins.api_buildkit.sessions import Sessions
from plugins.api_buildkit.settings import ApiBuildkitSettings
from plugins.api_buildkit.solve.solver import Solver
from sdk.engine import Engine
from sdk.frontend import Scope


class BuildServer:
    """Everything behind the paths."""

    def __init__(self, engine: Engine, settings: ApiBuildkitSettings, data_root: Path) -> None:
        self._sessions = Sessions()
        builds = Builds(History(settings.history))
        solver = Solver(engine, self._sessions, Contexts(data_root / "contexts", settings.kept_contexts))
        self.posted = PostedBuilds(builds, solver, self._sessions, engine.builds)
        self._services: tuple[Service, ...] = (
            ControlService(engine, builds, solver, self._sessions),
            GatewayService(builds, solver),
            TraceSink(),
            Health(),
        )

    async def serve_grpc(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Serve calls until the connection ends."""
        del headers
        connection = ServingConnection(self._services)
        take_over(scope, connection)
        await connection.run()

    async def serve_session(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Keep a client's session open until it ends."""
        async with self._sessions.opened(headers) as session:
            take_over(scope, session.connection.protocol)
            await session.connection.run()
