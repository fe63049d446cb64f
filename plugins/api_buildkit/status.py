"""What the engine tells of a build, in the messages of a status stream."""

from google.protobuf.timestamp_pb2 import Timestamp

from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.proto.ops_pb2 import Position, Range, SourceInfo
from sdk.drivers.logs import StdStream
from sdk.engine.build_events import BuildWarning, Vertex, VertexLog, VertexStatus

_STREAMS = {StdStream.STDOUT: 1, StdStream.STDERR: 2}


def timestamp(nanoseconds: int) -> Timestamp | None:
    """Return a time on the wire; None for never."""
    if not nanoseconds:
        return None
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=rest)


def status_message(event: Vertex | VertexStatus | VertexLog | BuildWarning) -> wire.StatusResponse:
    """Return an event as a message of its own."""
    match event:
        case Vertex():
            return wire.StatusResponse(vertexes=[_vertex(event)])
        case VertexStatus():
            return wire.StatusResponse(statuses=[_status(event)])
        case VertexLog():
            return wire.StatusResponse(logs=[_log(event)])
        case BuildWarning():
            return wire.StatusResponse(warnings=[_warning(event)])


def _vertex(event: Vertex) -> wire.Vertex:
    return wire.Vertex(
        digest=event.digest,
        inputs=event.inputs,
        name=event.name,
        cached=event.cached,
        started=timestamp(event.started_ns),
        completed=timestamp(event.completed_ns),
        error=event.error,
    )


def _status(event: VertexStatus) -> wire.VertexStatus:
    return wire.VertexStatus(
        id=event.id,
        vertex=event.vertex,
        name=event.name,
        current=event.current,
        total=event.total,
        timestamp=timestamp(event.time_ns),
        started=timestamp(event.started_ns),
        completed=timestamp(event.completed_ns),
    )


def _log(event: VertexLog) -> wire.VertexLog:
    return wire.VertexLog(
        vertex=event.vertex, timestamp=timestamp(event.time_ns), stream=_STREAMS.get(event.stream, 1), msg=event.data
    )


def _warning(event: BuildWarning) -> wire.VertexWarning:
    warning = wire.VertexWarning(
        vertex=event.vertex,
        level=event.level,
        short=event.short.encode(),
        detail=[line.encode() for line in event.detail],
        url=event.url,
    )
    if event.start_line:
        warning.info.CopyFrom(SourceInfo(filename=event.file))
        lines = Range(start=Position(line=event.start_line), end=Position(line=event.end_line or event.start_line))
        warning.ranges.append(lines)
    return warning
