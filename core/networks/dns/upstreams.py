"""Other name servers: asked for every name that is no container's."""

import contextlib
import itertools
import time
from collections.abc import Iterator, Sequence

import anyio

from core.networks.dns import codec
from core.networks.dns.question import Question
from core.networks.dns.vantage import Upstream

SLOTS, SLOT_SECONDS = 4, 1.0
"""A question is sent up to four times, to one server after the other, a second apart; then the client is told that it failed.

A server that cannot be reached takes no time.
"""

_AT_ONCE = 1024
_SUSPECT_SECONDS = 30.0
_KEPT, _KEPT_SECONDS = 256, 60
_SERVERS = 3


_SILENCES, _HOPELESS_SECONDS = 2, 5.0
"""Errors for three servers at once are more than Linux sends to a host (see `vantage`), and each question to the third uses up what later
errors would have needed: soon there is none for any server. So a server that let two questions pass is not asked for five seconds if the
network says of another that it cannot be reached, and no server is left that might answer.
"""


class Upstreams:
    """Up to three servers. One that let a question pass is asked last for half a minute."""

    def __init__(self, servers: Sequence[Upstream]) -> None:
        self._servers = servers[:_SERVERS]
        self._suspects: dict[Upstream, float] = {}
        self._silent: dict[Upstream, tuple[int, float]] = {}
        self._kept: dict[bytes, tuple[float, float, bytes]] = {}
        self._waiting = 0

    async def ask(self, query: bytes, *, whole: bool = False) -> bytes | None:
        """Return a reply, None if no server has one, or one that refuses while too many questions wait. With `whole` a truncated reply is fetched again by TCP."""
        key = bytes([whole]) + query[2:]
        if kept := self._kept_reply(key):
            return query[:2] + kept[2:]
        if not self._servers:
            return None
        if self._waiting >= _AT_ONCE:
            return codec.failed(query, codec.REFUSED)
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
                if reply is not None and codec.is_final(reply):
                    failure = reply
        finally:
            for server in self._servers:
                server.vantage.forget(question)
        return failure

    async def _ask_one(self, server: Upstream, question: Question) -> bytes | None:
        if self._is_hopeless(server):
            return None
        try:
            await server.vantage.send(server.address, question)
        except OSError:
            self._suspect(server)
            return None
        reply = await question.reply(server.address, SLOT_SECONDS)
        if reply is not None:
            self._silent.pop(server, None)
            return reply
        self._suspect(server)
        if server.is_reachable:  # as far as the network has said
            times, _ = self._silent.get(server, (0, 0.0))
            self._silent[server] = times + 1, time.monotonic()
        return None

    def _is_hopeless(self, server: Upstream) -> bool:
        if not self._was_silent(server):
            return False
        told = [other for other in self._servers if not other.is_reachable]
        return bool(told) and all(other in told or self._was_silent(other) for other in self._servers)

    def _was_silent(self, server: Upstream) -> bool:
        times, last = self._silent.get(server, (0, 0.0))
        return times >= _SILENCES and time.monotonic() < last + _HOPELESS_SECONDS

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
