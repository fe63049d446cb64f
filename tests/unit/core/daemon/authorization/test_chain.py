"""The order of authorizers, and what the log says of refusals. What each may do wrong: test_door.py."""

import logging
from contextlib import suppress
from dataclasses import replace

import pytest

from core.daemon.authorization.chain import Chain
from core.daemon.authorization.refused import Refused
from sdk.drivers.authorizer import ApiResponse, Subject, Transport
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
