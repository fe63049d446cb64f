"""The API: two pages, both to be read only."""

from collections import Counter
from urllib.parse import parse_qs

import anyio
import msgspec

from sdk.engine import Engine
from sdk.engine.containers import ListRequest
from sdk.engine.system import EventsRequest
from sdk.errors import EngineError
from sdk.events import Event
from sdk.frontend import ApiFrontend, ASGIApp, Receive, Scope, Send, refuse, reply

_JSON = [(b"content-type", b"application/json")]
_STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]


class LiveFrontend(ApiFrontend):
    """Serves what is below one path."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def prefix(self) -> str:
        return self._path

    def build(self, engine: Engine) -> ASGIApp:
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            page = str(scope["path"]).removeprefix(self._path)
            if page not in ("", "/events"):
                await refuse(send, 404, "page not found")
            elif scope["method"] != "GET":
                await refuse(send, 405, "what happens is only read")
            elif page:
                await _follow(engine, scope, receive, send)
            else:
                await _count(engine, send)

        return application


async def _count(engine: Engine, send: Send) -> None:
    try:
        containers = await engine.containers.list(ListRequest(all=True))
        counters = await engine.system.counters()
    except EngineError as error:
        await refuse(send, 500, error.message)
        return
    states = Counter(str(container.state) for container in containers)
    told = {"containers": dict(states), "images": counters.images, "networks": counters.networks, "volumes": counters.volumes}
    await reply(send, 200, msgspec.json.encode(told) + b"\n", _JSON)


async def _follow(engine: Engine, scope: Scope, receive: Receive, send: Send) -> None:
    """Send events until the client goes. `type` in the query chooses: container, image, network, volume ..."""
    query = scope["query_string"]
    assert isinstance(query, bytes)
    wanted = frozenset(parse_qs(query.decode("latin-1")).get("type", ()))
    events = await engine.system.events(EventsRequest())
    await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
    await send({"type": "http.response.body", "body": b": from now on\n\n", "more_body": True})
    async with anyio.create_task_group() as tasks:

        async def until_the_client_goes() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(until_the_client_goes)
        async for event in events:
            if not wanted or event.type in wanted:
                await send({"type": "http.response.body", "body": _written(event), "more_body": True})


def _written(event: Event) -> bytes:
    """Return an event as HTML's server-sent events have it: JSON has no line end outside of its strings, and none in them."""
    told = {"action": event.action, "actor": event.actor, "time_ns": event.time_ns, "attributes": dict(event.attributes)}
    return f"event: {event.type}\ndata: ".encode() + msgspec.json.encode(told) + b"\n\n"
