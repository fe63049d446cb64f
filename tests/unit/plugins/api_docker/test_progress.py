"""Streams of progress: errors before them have a status, later ones are their last line."""

import json
from collections.abc import AsyncGenerator

import anyio
import pytest
from starlette.types import Message

from plugins.api_docker.progress import progress_reply, upload_reply
from plugins.api_docker.replies import Streaming
from sdk.engine.images import Progress
from sdk.errors import EngineError, NotFound

pytestmark = pytest.mark.anyio


class Work:
    """Some work: yields lines, then fails or ends, and notes that it was closed."""

    def __init__(self, *lines: str, failure: Exception | None = None) -> None:
        self._lines, self._failure = lines, failure
        self.closed = False

    async def run(self) -> AsyncGenerator[Progress, None]:
        try:
            for line in self._lines:
                yield Progress(status=line)
            if self._failure:
                raise self._failure
        finally:
            self.closed = True


async def lines(reply: Streaming) -> list[dict[str, object]]:
    """Send a reply to a client that stays, and return what it reads."""
    told: list[Message] = []
    complete = anyio.Event()

    async def send(message: Message) -> None:
        told.append(message)
        if not message.get("more_body", True):
            complete.set()

    async def receive() -> Message:
        await complete.wait()
        return {"type": "http.disconnect"}

    await reply({"type": "http"}, receive, send)
    assert (told[0]["status"], told[-1]["more_body"]) == (200, False)
    return [json.loads(line) for line in b"".join(message.get("body", b"") for message in told[1:]).splitlines()]


async def test_each_step_is_a_line() -> None:
    work = Work("one", "two")
    assert await lines(await progress_reply(work.run())) == [{"status": "one"}, {"status": "two"}]
    assert work.closed


async def test_work_that_has_nothing_to_say() -> None:
    assert await lines(await progress_reply(Work().run())) == []
    assert await lines(await upload_reply(Work().run())) == []


async def test_an_error_before_the_first_step_is_the_requests_own() -> None:
    with pytest.raises(NotFound):
        await progress_reply(Work(failure=NotFound("no such image")).run())


@pytest.mark.parametrize(
    ("failure", "message"), [(EngineError("broken"), "broken"), (OSError(28, "No space left on device"), "no space left on device")]
)
async def test_a_later_error_is_the_last_line(failure: Exception, message: str) -> None:
    work = Work("one", failure=failure)
    *steps, last = await lines(await progress_reply(work.run()))
    assert steps == [{"status": "one"}]
    assert message in str(last["error"])
    assert last["errorDetail"] == {"message": last["error"]}
    assert work.closed


async def test_every_error_of_an_upload_is_in_band() -> None:
    (line,) = await lines(await upload_reply(Work(failure=NotFound("no such image")).run()))
    assert line["error"] == "no such image"
