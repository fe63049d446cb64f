"""What a web page gets, and when it ends."""

import json

import anyio
import pytest
from core_frontend_live.frontend import LiveFrontend

from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import CreateRequest
from sdk.frontend import Message
from sdk.testing.contracts.frontend import Probe, ask
from sdk.testing.fake import fake_engine


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_events_come_as_they_happen_until_the_client_goes() -> None:
    engine = fake_engine("busybox:latest")
    application = LiveFrontend("/live").build(engine)
    body: list[bytes] = []
    has_gone = anyio.Event()

    async def receive() -> Message:
        await has_gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        piece = message.get("body", b"")
        assert isinstance(piece, bytes)
        body.append(piece)
        if b"event: container" in piece:
            has_gone.set()
        elif piece.startswith(b":"):
            await engine.containers.create(CreateRequest(ContainerConfig(image="busybox"), HostConfig(), name="one"))

    scope: Message = {"type": "http", "method": "GET", "path": "/live/events", "query_string": b"type=container"}
    with anyio.fail_after(20):
        await application(scope, receive, send)
    told = json.loads(body[-1].partition(b"data: ")[2])
    assert (told["action"], told["attributes"]["name"]) == ("create", "one")


@pytest.mark.anyio
async def test_it_counts_what_there_is() -> None:
    engine = fake_engine("busybox:latest")
    await engine.containers.create(CreateRequest(ContainerConfig(image="busybox"), HostConfig(), name="one"))
    told = json.loads((await ask(LiveFrontend("/live").build(engine), Probe("/live"))).body)
    assert (told["containers"], told["images"]) == ({"created": 1}, 1)
