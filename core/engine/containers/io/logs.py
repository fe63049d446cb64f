"""`docker logs`."""

from dataclasses import replace

from core.containers.life.live import LiveContainer
from core.containers.life.state import is_running
from core.engine.containers.io.output import open_log
from core.engine.context import EngineContext
from sdk.drivers.logs import LogRequest
from sdk.engine.containers import ContainerState, LogSession
from sdk.errors import InvalidArgument, Unsupported


async def logs(context: EngineContext, live: LiveContainer, request: LogRequest) -> LogSession:
    """Open a container's log for reading; following ends with the container's run. Raises InvalidArgument, Unsupported."""
    if not (request.stdout or request.stderr):
        raise InvalidArgument("must specify at least one of 'stdout' or 'stderr'")
    log = open_log(context, live)
    if log is None:
        raise Unsupported("configured logging driver does not support reading")
    if not is_running(live.record) and live.record.state is not ContainerState.RESTARTING:
        request = replace(request, follow=False)
    return LogSession(live.record.config.tty, log.read(request))
