"""What a client has sent and no handler has read yet."""

import re

from core.daemon.framing import Frame

_END = re.compile(rb"\n\r?\n")
"""An empty line, whichever way it and the line before it end."""

_LONGEST_END = 3
_LINE_ENDS = b"\r\n"
_LIMIT = 256 * 1024
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]")
"""What a method begins with (RFC 9110 section 5.6.2, token)."""

_BARE_LINE_END = re.compile(rb"(?<!\r)\n")


class HeldInput:
    """Bytes in order, taken off as heads and bodies."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        self._has_line = False

    def __len__(self) -> int:
        return len(self._data)

    def add(self, data: bytes) -> None:
        """Add what came."""
        self._data += data

    def take_all(self) -> bytes:
        """Take everything."""
        data = bytes(self._data)
        self._data.clear()
        self._begin()
        return data

    def may_begin_with(self, word: bytes) -> bool:
        """Tell whether it begins with a word, as far as it has come."""
        return self._data.startswith(word[: len(self._data)])

    def take_head(self) -> bytes:
        """Take a request's head, with line ends as the standard wants them; b"" while it has not come whole.

        Empty lines before it mean nothing, and a line may end without a carriage return (RFC 9112 section 2.2).
        Raises ValueError for a head that is too long, and at once for what begins as no request does: a client that speaks another
        protocol, such as TLS, waits for an answer and sends no more.
        """
        if self._data.startswith((b"\r", b"\n")):
            self._data = self._data.lstrip(_LINE_ENDS)
            self._begin()
        end = _END.search(self._data, self._searched)
        if end is None:
            self._check_beginning()
            self._searched = max(0, len(self._data) - _LONGEST_END)
            if len(self._data) > _LIMIT:
                raise ValueError("the head of the request is too long")
            return b""
        head = self._take(end.end())
        self._begin()
        return head if head.count(b"\n") == head.count(b"\r\n") else _BARE_LINE_END.sub(b"\r\n", head)

    def take_body(self, frame: Frame) -> bytes:
        """Take what there is of a body; at least one byte if there is any. Raises ValueError for what cannot be a body."""
        return self._take(frame.extent(self._data))

    def _begin(self) -> None:
        """Expect another head."""
        self._searched = 0
        self._has_line = False

    def _check_beginning(self) -> None:
        """Raise ValueError for what is no method, or a first line without a version of HTTP."""
        if self._data and not _METHOD.match(self._data):
            raise ValueError("no request begins so")
        if self._has_line:
            return
        end = self._data.find(b"\n", self._searched)
        self._has_line = end >= 0
        if self._has_line and b" HTTP/" not in self._data[:end]:
            raise ValueError("the first line is no request")

    def _take(self, size: int) -> bytes:
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken
