"""The order of authorizers, and what the log says of refusals. What each may do wrong: test_door.py."""

import logging
from contextlib import suppress
from dataclasses import replace

import anyio
import pytest

from core.daemon.authorization.asking import STUCK_AT
from core.daemon.authorization.chain import Chain
from core.daemon.authorization.refused import Refused
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer, Subject, Transport
from sdk.testing.authorization import RecordingAuthorizer, api_request
from sdk.tracing import Recording, Step

pytestmark = pytest.mark.anyio

REQUEST = api_request("POST", "/v1.51/build?buildargs=secret")


async def test_the_first_refusal_is_the_answer() -> None:
    first, second = RecordingAuthorizer(), RecordingAuthorizer({"/build": "no"}, hidden={"/build": "nor that"})
    chain = Chain({"a": first, "b": second, "c": (third := RecordingAuthorizer({"/build": "never"}))})
    with pytest.raises(Refused) as caught:
        await chain.authorize_request(REQUEST)
    assert (caught.value.status, caught.value.message) == (403, "authorization denied by plugin b: no")
    assert (len(first.requests), len(second.requests), len(third.requests)) == (1, 1, 0)
    with pytest.raises(Refused, match="authorization denied by plugin b: nor that"):
        await chain.authorize_response(REQUEST, ApiResponse(200))
    assert (len(first.responses), len(third.responses)) == (1, 0)


@pytest.mark.parametrize(
    ("subject", "who"),
    [
        (Subject(Transport.UNIX, 1000, 1000, frozenset(), 77), "UID 1000 (PID 77)"),
        (Subject(Transport.TLS, common_name="alice", certificates=(b"x",), address="192.0.2.1:5"), "'alice' at 192.0.2.1:5"),
        (Subject(Transport.TCP, address="127.0.0.1:5"), "127.0.0.1:5"),
    ],
)
async def test_the_log_tells_who_was_refused_and_nothing_of_the_query(
    caplog: pytest.LogCaptureFixture, subject: Subject, who: str
) -> None:
    chain = Chain({"policy": RecordingAuthorizer({"/build": "two\nlines"})})
    with caplog.at_level(logging.WARNING), pytest.raises(Refused):
        await chain.authorize_request(replace(REQUEST, subject=subject))
    assert caplog.messages == [f"POST /v1.51/build of {who}: authorization denied by plugin policy: two lines"]


async def test_each_decision_is_a_step_of_a_trace() -> None:
    chain = Chain({"a": RecordingAuthorizer(), "b": RecordingAuthorizer({"/build": "no"})})
    recording = Recording(1, 10)
    with Step(recording, 0, "request", {}), suppress(Refused):
        await chain.authorize_request(REQUEST)
    told = [(span.name, span.attributes, bool(span.error)) for span in recording.spans[:2]]
    assert told == [("authorizer.decide", {"core.driver.name": "a"}, False), ("authorizer.decide", {"core.driver.name": "b"}, True)]


async def test_a_chain_that_comes_in_anothers_place_knows_who_does_not_answer() -> None:
    class Deaf(Authorizer):
        """Hears nothing until it is let go."""

        def __init__(self) -> None:
            self.asked, self.gone_on = 0, anyio.Event()

        @property
        def deadline(self) -> float:
            return 0.01

        async def authorize_request(self, request: ApiRequest) -> None:
            self.asked += 1
            with anyio.CancelScope(shield=True):
                await self.gone_on.wait()

    deaf = Deaf()
    chain = Chain({"deaf": deaf})

    async def ask() -> None:
        with suppress(Refused):
            await chain.authorize_request(REQUEST)

    async with anyio.create_task_group() as tasks:
        for _ in range(STUCK_AT):
            tasks.start_soon(ask)
    reloaded = Chain({"deaf": deaf, "other": RecordingAuthorizer()}, Chain({}, chain))
    with pytest.raises(Refused, match="it does not answer: 4 decisions are overdue"):
        await reloaded.authorize_request(REQUEST)
    assert deaf.asked == STUCK_AT
    fresh = Chain({"deaf": RecordingAuthorizer()}, reloaded)
    await fresh.authorize_request(REQUEST)
    deaf.gone_on.set()
