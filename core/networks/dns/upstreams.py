"""Other name servers: asked for every name that is no container's."""

import contextlib
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import anyio

from core.networks.dns import codec
from core.networks.dns.question import Question
from core.networks.dns.vantage import Vantage

SLOTS, SLOT_SECONDS = 4, 1.0
"""A question is sent up to four times, to one server after the other, a second apart; then the client is told that it failed.

A server that cannot be reached takes no time.
"""

_AT_ONCE = 1024
_SUSPECT_SECONDS = 30.0
_KEPT, _KEPT_SECONDS = 256, 60
_SERVERS = 3


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server, and where it is asked from."""

    address: str
    vantage: Vantage


class Upstreams:
    """Up to three servers. One that let a question pass is asked last for half a minute."""

    def __init__(self, servers: Sequence[Upstream]) -> None:
        self._servers = servers[:_SERVERS]
        self._suspects: dict[Upstream, float] = {}
        self._kept: dict[bytes, tuple[float, float, bytes]] = {}
        self._waiting = 0

    async def ask(self, query: bytes, *, whole: bool = False) -> bytes | None:
        """Return a reply, None if no server has one. With `whole` a truncated reply is fetched again by TCP."""
        key = bytes([whole]) + query[2:]
        if kept := self._kept_reply(key):
            return query[:2] + kept[2:]
        if not self._servers or self._waiting >= _AT_ONCE:
            return None
        self._waiting += 1
        try:
            reply = await self._ask_servers(query, whole=whole)
        finally:
            self._waiting -= 1
        if reply is not None:
            self._keep(key, reply)
        return reply

    async def _ask_servers(self, query: bytes, *, whole: bool) -> bytes | None:
        question, failure = Question(query), None
        try:
            for server in self._turns():
                reply = await self._ask_one(server, question)
                if reply is not None and not codec.is_failure(reply):
                    return await self._by_tcp(server, question) or reply if whole and codec.is_truncated(reply) else reply
                failure = reply or failure
        finally:
            for server in self._servers:
                server.vantage.forget(question)
        return failure

    async def _ask_one(self, server: Upstream, question: Question) -> bytes | None:
        try:
            await server.vantage.send(server.address, question)
        except OSError:
            self._suspect(server)
            return None
        reply = await question.reply(server.address, SLOT_SECONDS)
        if reply is None:
            self._suspect(server)
        return reply

    async def _by_tcp(self, server: Upstream, question: Question) -> bytes | None:
        with contextlib.suppress(OSError, EOFError), anyio.move_on_after(SLOTS * SLOT_SECONDS):
            return question.answering(await server.vantage.exchange(server.address, question.message))
        return None

    def _turns(self) -> Iterator[Upstream]:
        now = time.monotonic()
        order = sorted(self._servers, key=lambda server: self._suspects.get(server, 0.0) > now)
        return itertools.islice(itertools.cycle(order), SLOTS)

    def _suspect(self, server: Upstream) -> None:
        self._suspects[server] = time.monotonic() + _SUSPECT_SECONDS

    def _kept_reply(self, key: bytes) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        since, until, reply = kept
        now = time.monotonic()
        if now >= until:
            del self._kept[key]
            return None
        return codec.aged(reply, int(now - since))

    def _keep(self, key: bytes, reply: bytes) -> None:
        seconds = min(codec.lifetime(reply), _KEPT_SECONDS)
        if not seconds:
            return
        while len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        now = time.monotonic()
        self._kept[key] = now, now + seconds, reply
