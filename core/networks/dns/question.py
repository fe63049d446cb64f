"""One question on its way to other servers."""

import secrets

import anyio

_HEADER = 12


class Question:
    """A client's query under a number of our own. Several servers may be asked; the first good reply counts.

    A reply must repeat the question (RFC 5452 9.1), which with the random number keeps forgers out.
    """

    def __init__(self, query: bytes) -> None:
        self.number = secrets.randbits(16)
        self.message = self.number.to_bytes(2) + query[2:]
        self._client_number = query[:2]
        self._asked = _asked(query)
        self._replies: list[bytes] = []
        self._unreachable: set[str] = set()
        self._told = anyio.Event()

    def receive(self, reply: bytes) -> None:
        """Take a server's reply, unless it is to another question."""
        if len(reply) >= _HEADER and reply[2] & 0x80 and _asked(reply) == self._asked:
            self._replies.append(reply)
            self._told.set()

    def lose(self, server: str) -> None:
        """Learn that a server cannot be reached."""
        self._unreachable.add(server)
        self._told.set()

    async def reply(self, server: str, seconds: float) -> bytes | None:
        """Return the next reply after a server was asked, None if there is none in time or that server cannot be reached."""
        self._unreachable.discard(server)
        with anyio.move_on_after(seconds):
            while not self._replies and server not in self._unreachable:
                self._told = anyio.Event()
                await self._told.wait()
        return self.answering(self._replies.pop()) if self._replies else None

    def answering(self, reply: bytes) -> bytes:
        """Return a reply under the client's number."""
        return self._client_number + reply[2:]


def _asked(message: bytes) -> bytes:
    """Return a message's question: its name, without regard to case, type and class."""
    end = _HEADER
    while end < len(message) and message[end]:
        end += message[end] + 1
    return message[_HEADER : end + 1].lower() + message[end + 1 : end + 5]
