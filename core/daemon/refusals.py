"""Requests that are refused before a frontend sees them: the error object that Docker's clients show."""

import msgspec

from sdk.frontend import Send


async def refuse(send: Send, status: int, message: str) -> None:
    """Answer with an error."""
    body = msgspec.json.encode({"message": message}) + b"\n"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
