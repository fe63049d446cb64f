"""What of a response is held back until it is allowed."""

import pytest

from core.daemon.authorization.responses import LARGEST, HeldResponse
from sdk.drivers.authorizer import ApiResponse
from sdk.frontend import Message


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("length", "is_held"),
    [(b"2", True), (b"%d" % LARGEST, True), (b"%d" % (LARGEST + 1), False), (b"9" * 5000, False), (b"", False), (b"+2", False)],
)
async def test_json_of_a_length_that_is_no_small_number_is_decided_by_its_head(length: bytes, is_held: bool) -> None:
    reviewed: list[ApiResponse] = []
    sent: list[Message] = []

    async def review(response: ApiResponse) -> None:
        reviewed.append(response)

    async def send(message: Message) -> None:
        sent.append(message)

    held = HeldResponse(send, review, hides_body=False)
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await held.send({"type": "http.response.start", "status": 200, "headers": headers})
    assert [response.body for response in reviewed] == ([] if is_held else [None])
    await held.send({"type": "http.response.body", "body": b"{}"})
    assert [response.body for response in reviewed] == ([b"{}"] if is_held else [None])
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
