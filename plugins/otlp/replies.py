"""What a collector answers (OTLP/HTTP, "OTLP/HTTP Response")."""

import msgspec

from sdk.text import UNREADABLE, cleaned

RETRIED = frozenset({429, 502, 503, 504})
"""The statuses upon which the same spans are sent again."""

_SUCCESS = range(200, 300)


class _PartialSuccess(msgspec.Struct, rename="camel"):
    rejected_spans: int | str = 0
    error_message: str = ""


class _Reply(msgspec.Struct, rename="camel"):
    partial_success: _PartialSuccess | None = None


def rejected(status: int, body: bytes, sent: int) -> tuple[int, str] | None:
    """Return how many of the spans that were sent the collector does not keep, and why; None if it keeps all."""
    if status not in _SUCCESS:
        return sent, f"the collector answers {status}: {cleaned(body.decode(errors='replace'), 200)}"
    try:
        partial = msgspec.json.decode(body, type=_Reply).partial_success if body else None
        lost = int(partial.rejected_spans) if partial else 0
    except (*UNREADABLE, ValueError):  # some answer with no JSON
        return None
    return (lost, f"the collector rejects them: {cleaned(partial.error_message, 200)}") if partial and lost > 0 else None
