"""A container's output: its log, and the pumps that fill it."""

import logging
from collections.abc import Callable

from core.containers.life.live import LiveContainer
from core.containers.life.record import ContainerRecord
from core.engine.containers.preparation.log_options import log_options
from core.engine.context import EngineContext
from core.streams.pump import PumpSet, StreamPump
from core.streams.spool import Spool
from sdk.drivers.logs import ContainerLog, LogContext, RemoteLog, StdStream
from sdk.drivers.runtime import Task
from sdk.errors import EngineError, StartFailed

_log = logging.getLogger(__name__)


def open_log(context: EngineContext, live: LiveContainer) -> ContainerLog | None:
    """Return the container's log, opening it once; None for the driver `none`."""
    config = live.record.host_config.log_config
    if config.type == "none":
        return None
    return live.run.opened_log(lambda: context.drivers.log(config.type).open(_log_context(context, live.record)))


async def ready_log(context: EngineContext, live: LiveContainer) -> None:
    """Open the container's log before its start, and connect it to its receiver if it has one. Raises StartFailed in Docker's words."""
    log = open_log(context, live)
    if isinstance(log, RemoteLog):
        try:
            await log.reach()
        except EngineError as error:
            raise StartFailed(
                f"failed to create task for container: failed to initialize logging driver: {error.message}"
            ) from error


def leave_log(live: LiveContainer) -> None:
    """Let go of the receiver that `ready_log` connected to, as the start failed. Whatever that raises is logged."""
    if isinstance(live.run.log, RemoteLog):
        try:
            live.run.log.close()
        except Exception:  # noqa: BLE001 a third party's log driver may raise anything, and the start's own error is to be told
            _log.exception("container %s: its log cannot be closed", live.id)


def attach_pumps(context: EngineContext, live: LiveContainer, task: Task, tell: Callable[[str], None]) -> PumpSet:
    """Start carrying a task's output to the log and to attached clients.

    A log that fails is logged and told; its stream is carried without it, so that the container is not held up by a full pipe.
    """
    sources = ((task.stdout, StdStream.STDOUT), (task.stderr, StdStream.STDERR))
    spools: list[Spool] = []
    pumps = [_pump(context, live, descriptor, stream, spools, tell) for descriptor, stream in sources if descriptor is not None]

    def close() -> None:
        for spool in spools:
            spool.close()

    return PumpSet(tuple(pumps), live.hub, close)


def _pump(
    context: EngineContext,
    live: LiveContainer,
    descriptor: int,
    stream: StdStream,
    spools: list[Spool],
    tell: Callable[[str], None],
) -> StreamPump:
    try:
        if (log := open_log(context, live)) is not None:
            spool = Spool(context.bundle(live.id) / f"spool.{stream.name.lower()}")
            spools.append(spool)
            pump = StreamPump(descriptor, stream, live.hub, spool, log)
            pump.start()
            return pump
    except Exception as error:  # noqa: BLE001 a third party's log driver may raise anything
        _log.exception("container %s: its %s goes on without a log", live.id, stream.name.lower())
        tell(f"its {stream.name.lower()} goes on without a log: {error}")
    pump = StreamPump(descriptor, stream, live.hub)
    pump.start()
    return pump


def _log_context(context: EngineContext, record: ContainerRecord) -> LogContext:
    return LogContext(
        container_id=record.id,
        container_name=record.name,
        image=record.image,
        directory=context.directory(record.id),
        options=log_options(context, record.host_config.log_config),
        labels=record.config.labels,
        env=record.config.env,
        image_id=record.image_id,
        command=(record.path, *record.args),
        created_ns=record.created_ns,
    )
