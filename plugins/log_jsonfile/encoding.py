"""Lines to Docker's json-file format, a batch at a time: no regular expression and no work per line in Python.

Every line becomes `{"log":"...\\n","stream":"stdout","attrs":{...},"time":"..."}`. Escapes are those of Docker's own encoder, which
differs from others in `<`, `>`, `&` and control characters (`\\u0009` for a tab) and in one `\\ufffd` for each invalid byte.
"""

import codecs
from collections.abc import Mapping

import msgspec

from sdk.drivers.logs import StdStream
from sdk.logfiles.times import rfc3339_nano

_HEAD = b'{"log":"'
_SPECIAL = tuple(
    (bytes((c,)), escape) for c, escape in zip(b'\\"<>&', (b"\\\\", b'\\"', b"\\u003c", b"\\u003e", b"\\u0026"), strict=True)
)
_CONTROL = {code: b"\\u%04x" % code for code in range(32) if code != ord("\n")} | {ord("\r"): b"\\r"}
_NO_CONTROL = bytes(code for code in range(256) if code not in _CONTROL)
_SEPARATORS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


class LineEncoder:
    """Encodes the lines of one container."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        attrs = b',"attrs":' + _special(msgspec.json.encode(attributes), skip=2) if attributes else b""
        self._middles = {stream: b'","stream":"%s"%s,"time":"' % (stream.name.lower().encode(), attrs) for stream in StdStream}

    def encode(self, stream: StdStream, data: bytes, time_ns: int) -> bytes:
        """Return the records of some lines, all with the same time. What stands behind the last newline becomes a partial record."""
        end = self._middles[stream] + rfc3339_nano(time_ns).encode() + b'"}\n'
        line_end = b"\\n" + end
        escaped = escape(data)
        if escaped.endswith(b"\n"):
            return _HEAD + escaped[:-1].replace(b"\n", line_end + _HEAD) + line_end
        return _HEAD + escaped.replace(b"\n", line_end + _HEAD) + end


def escape(data: bytes) -> bytes:
    """Return bytes as they stand inside a JSON string, except that newlines are left."""
    data = _special(data)
    for code in set(data.translate(None, _NO_CONTROL)):
        data = data.replace(bytes((code,)), _CONTROL[code])
    return data if data.isascii() else _escape_unicode(data)


def _special(data: bytes, skip: int = 0) -> bytes:
    for plain, escaped in _SPECIAL[skip:]:
        if plain in data:
            data = data.replace(plain, escaped)
    return data


def _escape_unicode(data: bytes) -> bytes:
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode(errors=_INVALID).encode()
    for plain, escaped in _SEPARATORS:
        if plain in data:
            data = data.replace(plain, escaped)
    return data


_INVALID = "log_jsonfile.invalid"
codecs.register_error(_INVALID, lambda error: ("\\ufffd" * (error.end - error.start), error.end))  # type: ignore[attr-defined]
