"""One request and its response."""

import asyncio
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent, HTTPDisconnectEvent

_DISCONNECT: "HTTPDisconnectEvent" = {"type": "http.disconnect"}


class Cycle(RequestResponseCycle):
    """Tells the application that the client ended its side, as Go's server cancels the request then; the answer is sent all the same."""

    message_event: asyncio.Event
    _input_ended = False
    _body_ended = False
    _body_wanted = False

    @property
    def body_was_held_back(self) -> bool:
        """Whether the client waited for leave to send its body and never got it (RFC 9110 section 10.1.1)."""
        return (b"expect", b"100-continue") in self.scope["headers"] and not self._body_wanted

    def end_input(self) -> None:
        """Note that the client sends nothing more."""
        self._input_ended = True
        self.message_event.set()

    def lose(self) -> None:
        """Note that what the application says is of no use any more."""
        self.disconnected = True
        self.message_event.set()

    async def receive(self) -> "ASGIReceiveEvent":
        """Return the next piece of the body, then wait for the end of the connection, of the input or of the response."""
        if self._body_ended and not self._input_ended and not self.response_complete and not self.disconnected:
            await self.message_event.wait()
        if self._body_ended and self._input_ended:
            return _DISCONNECT
        self._body_wanted = True
        event = await super().receive()
        self._body_ended = event["type"] == "http.request" and not event["more_body"]
        return event
