"""A container's output: its log, and the pumps that fill it."""

from core.containers.live import LiveContainer
from core.containers.record import ContainerRecord
from core.engine.context import EngineContext
from core.streams.pump import PumpSet, StreamPump
from core.streams.spool import Spool
from sdk.drivers.logs import ContainerLog, LogContext, StdStream
from sdk.drivers.runtime import Task


def open_log(context: EngineContext, live: LiveContainer) -> ContainerLog | None:
    """Return the container's log, opening it once; None for the driver `none`."""
    config = live.record.host_config.log_config
    if config.type == "none":
        return None
    if live.log is None:
        live.log = context.drivers.log(config.type).open(_log_context(context, live.record))
    return live.log


def log_options(context: EngineContext, record: ContainerRecord) -> dict[str, str]:
    """Return the container's log options over the daemon's defaults, which belong to the default driver only."""
    config = record.host_config.log_config
    defaults = dict(context.settings.log_options) if config.type in ("", context.drivers.log_name) else {}
    return {**defaults, **config.config}


def attach_pumps(context: EngineContext, live: LiveContainer, task: Task) -> PumpSet:
    """Start carrying a task's output to the log and to whoever is attached."""
    log = open_log(context, live)
    sources = ((task.stdout, StdStream.STDOUT), (task.stderr, StdStream.STDERR))
    spools = []
    pumps = []
    for descriptor, stream in sources:
        if descriptor is None:
            continue
        spool = Spool(context.bundle(live.id) / f"spool.{stream.name.lower()}") if log is not None else None
        if spool is not None:
            spools.append(spool)
        pumps.append(StreamPump(descriptor, stream, live.hub, spool, log))

    def close() -> None:
        for spool in spools:
            spool.close()

    pump_set = PumpSet(tuple(pumps), live.hub, close)
    pump_set.start()
    return pump_set


def _log_context(context: EngineContext, record: ContainerRecord) -> LogContext:
    return LogContext(
        container_id=record.id,
        container_name=record.name,
        image=record.image,
        directory=context.directory(record.id),
        options=log_options(context, record),
        labels=record.config.labels,
        env=record.config.env,
    )
