"""Builds that run and past ones, as `docker buildx history` lists them: in memory, the newest few."""

import time
from collections import OrderedDict
from collections.abc import AsyncIterator

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from google.rpc.status_pb2 import Status

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.proto import control_pb2 as wire
from plugins.api_buildkit.status import timestamp
from sdk.errors import EngineError, NotFound

_CANCELED = 1
_UNKNOWN = 2


class History:
    """The newest builds, oldest first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: OrderedDict[str, wire.BuildHistoryRecord] = OrderedDict()
        self._active: dict[str, wire.BuildHistoryRecord] = {}
        self._builds: dict[str, Build] = {}
        self._generation = 0
        self._listeners: set[MemoryObjectSendStream[wire.BuildHistoryEvent]] = set()

    def begin(self, build: Build) -> None:
        """Note a build that runs."""
        record = self._active[build.request.ref] = _begun(build, self._generation)
        self._publish(wire.STARTED, record)

    def add(self, build: Build, failure: BaseException | None) -> None:
        """Remember a build that ended; forget the oldest ones that are not pinned."""
        self._generation += 1
        ref = build.request.ref
        self._active.pop(ref, None)
        self._records[ref] = _record(build, failure, self._generation)
        self._builds[ref] = build
        self._publish(wire.COMPLETE, self._records[ref])
        loose = [each for each, record in self._records.items() if not record.pinned]
        for each in loose[: max(0, len(loose) - self._limit)]:
            self.delete(each)

    def find(self, ref: str) -> Build | None:
        """Return a past build, or None."""
        return self._builds.get(ref)

    def delete(self, ref: str) -> None:
        """Forget a build. Raises NotFound."""
        record = self._known(ref)
        del self._records[ref], self._builds[ref]
        self._publish(wire.DELETED, record)

    def pin(self, ref: str, *, pinned: bool) -> None:
        """Keep a build, or let it be forgotten in its turn. Raises NotFound."""
        self._known(ref).pinned = pinned
        self._publish(wire.COMPLETE, self._records[ref])

    async def listen(self, request: wire.BuildHistoryRequest) -> AsyncIterator[wire.BuildHistoryEvent]:
        """Yield the builds that run and the past ones, then, unless the request wants to stop there, what happens."""
        send, receive = anyio.create_memory_object_stream[wire.BuildHistoryEvent](float("inf"))
        self._listeners.add(send)
        with send, receive:
            try:
                for record in tuple(self._active.values()):
                    if request.ref in ("", record.ref):
                        yield wire.BuildHistoryEvent(type=wire.STARTED, record=record)
                for record in self._wanted(request):
                    yield wire.BuildHistoryEvent(type=wire.COMPLETE, record=record)
                if not request.early_exit:
                    async for event in receive:
                        if request.ref in ("", event.record.ref):
                            yield event
            finally:
                self._listeners.discard(send)

    def _wanted(self, request: wire.BuildHistoryRequest) -> list[wire.BuildHistoryRecord]:
        if request.active_only:
            return []
        records = [record for ref, record in self._records.items() if request.ref in ("", ref)]
        return records[::-1][: request.limit if request.limit > 0 else None]

    def _known(self, ref: str) -> wire.BuildHistoryRecord:
        try:
            return self._records[ref]
        except KeyError:
            raise NotFound(f"build {ref} not found") from None

    def _publish(self, kind: wire.BuildHistoryEventType, record: wire.BuildHistoryRecord) -> None:
        for listener in self._listeners:
            listener.send_nowait(wire.BuildHistoryEvent(type=kind, record=record))


def _begun(build: Build, generation: int) -> wire.BuildHistoryRecord:
    request = build.request
    return wire.BuildHistoryRecord(
        ref=request.ref,
        frontend=request.frontend or "dockerfile.v0",
        frontend_attrs=request.frontend_attrs,
        exporters=request.exporters,
        created_at=timestamp(build.created_ns),
        generation=generation,
    )


def _record(build: Build, failure: BaseException | None, generation: int) -> wire.BuildHistoryRecord:
    steps = [vertex for vertex in build.vertices.values() if vertex.step]
    record = _begun(build, generation)
    ended = wire.BuildHistoryRecord(
        completed_at=timestamp(time.time_ns()),
        num_total_steps=len(steps),
        num_cached_steps=sum(vertex.cached for vertex in steps),
        num_completed_steps=sum(bool(vertex.completed_ns) for vertex in steps),
        num_warnings=build.warnings,
    )
    record.MergeFrom(ended)
    if failure is not None:
        record.error.CopyFrom(_status(failure))
    return record


def _status(failure: BaseException) -> Status:
    if isinstance(failure, EngineError):
        return Status(code=_UNKNOWN, message=failure.message)
    if isinstance(failure, Exception):
        return Status(code=_UNKNOWN, message=str(failure))
    return Status(code=_CANCELED, message="build canceled")
