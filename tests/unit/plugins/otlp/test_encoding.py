"""Spans as OTLP's JSON."""

import json

from plugins.otlp.encoding import encode
from sdk.tracing import Span

TRACE, ID, PARENT = 0x0BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, 0xB7AD6B7169203331


def test_the_body_is_what_the_specification_says() -> None:
    request = Span(TRACE, ID, 0, "POST /x", 1795965530800626588, 1795965530800792176, {"http.request.method": "POST"})
    failed = Span(TRACE, PARENT, ID, "storage.prepare", 1, 2, {"size": 3}, "NoSpace: full")
    assert json.loads(encode([failed, request], {"service.name": "core", "process.pid": 7})) == {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": [
                        {"key": "service.name", "value": {"stringValue": "core"}},
                        {"key": "process.pid", "value": {"intValue": "7"}},
                    ]
                },
                "scopeSpans": [
                    {
                        "scope": {"name": "core"},
                        "spans": [
                            {
                                "traceId": "0bf92f3577b34da6a3ce929d0e0e4736",
                                "spanId": "b7ad6b7169203331",
                                "parentSpanId": "00f067aa0ba902b7",
                                "name": "storage.prepare",
                                "kind": 1,
                                "startTimeUnixNano": "1",
                                "endTimeUnixNano": "2",
                                "attributes": [{"key": "size", "value": {"intValue": "3"}}],
                                "status": {"code": 2, "message": "NoSpace: full"},
                            },
                            {
                                "traceId": "0bf92f3577b34da6a3ce929d0e0e4736",
                                "spanId": "00f067aa0ba902b7",
                                "name": "POST /x",
                                "kind": 2,
                                "startTimeUnixNano": "1795965530800626588",
                                "endTimeUnixNano": "1795965530800792176",
                                "attributes": [{"key": "http.request.method", "value": {"stringValue": "POST"}}],
                                "status": {},
                            },
                        ],
                    }
                ],
            }
        ]
    }


def test_an_answer_of_5xx_is_a_failure_and_one_of_4xx_is_none() -> None:
    def status(answered: int) -> object:
        span = Span(TRACE, ID, 0, "POST", 1, 2, {"http.response.status_code": answered})
        return json.loads(encode([span], {}))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["status"]

    assert [status(answered) for answered in (204, 404, 500)] == [{}, {}, {"code": 2}]
