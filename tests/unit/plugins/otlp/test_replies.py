"""What a collector answers."""

import pytest

from plugins.otlp.replies import rejected


@pytest.mark.parametrize(
    ("status", "body", "lost"),
    [
        (200, b"", None),
        (200, b"{}", None),
        (202, b"taken", None),
        (200, b'{"partialSuccess":{}}', None),
        (200, b'{"partialSuccess":{"rejectedSpans":"0","errorMessage":"slow down"}}', None),
        (200, b'{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\\nold"}}', (3, "the collector rejects them: too old")),
        (200, b'{"partialSuccess":{"rejectedSpans":2}}', (2, "the collector rejects them: ")),
        (200, b'{"partialSuccess":{"rejectedSpans":"many"}}', None),
        (400, b"no\x1b such thing", (9, "the collector answers 400: no such thing")),
        (401, b"\xff", (9, "the collector answers 401: \ufffd")),
    ],
)
def test_how_many_spans_are_lost_and_why(status: int, body: bytes, lost: tuple[int, str] | None) -> None:
    assert rejected(status, body, 9) == lost
