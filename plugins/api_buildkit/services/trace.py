"""opentelemetry.proto.collector.trace.v1.TraceService: taken and dropped."""

from grpclib.server import Stream

from plugins.api_buildkit.proto.trace_grpc import TraceServiceBase
from plugins.api_buildkit.proto.trace_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


class TraceSink(TraceServiceBase):
    """Lets clients export their traces and keeps none."""

    async def Export(self, stream: Stream[ExportTraceServiceRequest, ExportTraceServiceResponse]) -> None:
        """Drop a client's traces."""
        await stream.recv_message()
        await stream.send_message(ExportTraceServiceResponse())
