"""Spans as OTLP's JSON (ExportTraceServiceRequest): IDs in hexadecimal, 64-bit numbers as strings, enumerations as numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Mapping, Sequence

import msgspec

from sdk.tracing import Span

_INTERNAL, _SERVER = 1, 2
_FAILED = 2
_SERVER_ERROR = 500


class _Value(msgspec.Struct, rename="camel", omit_defaults=True):
    string_value: str | None = None
    int_value: str | None = None


class _KeyValue(msgspec.Struct):
    key: str
    value: _Value


class _Status(msgspec.Struct, omit_defaults=True):
    code: int = 0
    message: str = ""


class _Span(msgspec.Struct, rename="camel", omit_defaults=True):
    trace_id: str
    span_id: str
    name: str
    kind: int
    start_time_unix_nano: str
    end_time_unix_nano: str
    attributes: list[_KeyValue]
    status: _Status
    parent_span_id: str = ""


def encode(spans: Sequence[Span], resource: Mapping[str, str | int]) -> bytes:
    """Return the body of a request. `resource` are the attributes of the daemon."""
    return msgspec.json.encode(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": _pairs(resource)},
                    "scopeSpans": [{"scope": {"name": "core"}, "spans": [_span(span) for span in spans]}],
                }
            ]
        }
    )


def _span(span: Span) -> _Span:
    status = span.attributes.get("http.response.status_code", 0)
    has_failed = bool(span.error) or (isinstance(status, int) and status >= _SERVER_ERROR)
    return _Span(
        trace_id=f"{span.trace:032x}",
        span_id=f"{span.id:016x}",
        name=span.name,
        kind=_SERVER if "http.request.method" in span.attributes else _INTERNAL,
        start_time_unix_nano=str(span.start_ns),
        end_time_unix_nano=str(span.end_ns),
        attributes=_pairs(span.attributes),
        status=_Status(_FAILED, span.error) if has_failed else _Status(),
        parent_span_id=f"{span.parent:016x}" if span.parent else "",
    )


def _pairs(attributes: Mapping[str, str | int]) -> list[_KeyValue]:
    return [_KeyValue(key, _value(value)) for key, value in attributes.items()]


def _value(value: str | int) -> _Value:
    return _Value(int_value=str(value)) if isinstance(value, int) else _Value(string_value=value)
