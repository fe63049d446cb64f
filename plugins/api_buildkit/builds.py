"""The builds that run, by reference: where the calls of one build meet."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from plugins.api_buildkit.build import Build
from plugins.api_buildkit.history import History
from plugins.api_buildkit.proto import control_pb2 as wire
from sdk.errors import Conflict, NotFound

_ARRIVAL_SECONDS = 3.0


class Builds:
    """All builds that run, and the history of those that ran."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._running: dict[str, Build] = {}
        self._change = anyio.Event()

    @contextmanager
    def running(self, request: wire.SolveRequest) -> Iterator[Build]:
        """Make a build known while the block runs; afterwards it is history. Raises Conflict for one that runs already."""
        if request.ref in self._running:
            raise Conflict(f"job ID {request.ref} exists")
        build = self._running[request.ref] = Build(request)
        self._change.set()
        self._change = anyio.Event()
        if not request.internal:
            self.history.begin(build)
        failure: BaseException | None = None
        try:
            yield build
        except BaseException as error:
            failure = error
            raise
        finally:
            del self._running[request.ref]
            build.end()
            if not request.internal:
                self.history.add(build, failure)

    async def get(self, ref: str) -> Build:
        """Return a build that runs or ran; clients ask a moment before they start it. Raises NotFound."""
        with anyio.move_on_after(_ARRIVAL_SECONDS):
            while ref not in self._running:
                past = self.history.find(ref)
                if past is not None:
                    return past
                await self._change.wait()
        try:
            return self._running[ref]
        except KeyError:
            raise NotFound(f"no such job {ref}") from None
