"""Whom other names are asked of, in which order, how often, and what is kept of the replies."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from dnslib import QTYPE, RR, SOA, A, DNSRecord

from core.networks.dns import upstreams as upstreams_module
from core.networks.dns.question import Question
from core.networks.dns.upstreams import Upstreams
from core.networks.dns.vantage import Upstream, Vantage

pytestmark = pytest.mark.anyio

Answer = Callable[[DNSRecord], bytes | None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time for what is kept and who is suspected. Waiting is on the loop's clock, in very short slots."""
    time = [1000.0]
    monkeypatch.setattr(upstreams_module, "time", SimpleNamespace(monotonic=lambda: time[0]))  # not the loop's
    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 0.001)
    return time


class World(Vantage):
    """Servers by address: what each answers; None is silence, and an address that is missing cannot be reached."""

    def __init__(self, **servers: Answer) -> None:
        super().__init__()
        self.servers: dict[str, Answer] = servers
        self.asked: list[str] = []
        self.forgotten: list[Question] = []

    async def send(self, server: str, question: Question) -> None:
        self.asked.append(server)
        if server not in self.servers:
            raise OSError(113, "No route to host")
        if reply := self.servers[server](DNSRecord.parse(question.message)):
            question.receive(reply)

    def reaches(self, server: str) -> bool:
        return server in self.servers

    def forget(self, question: Question) -> None:
        self.forgotten.append(question)

    async def exchange(self, server: str, message: bytes) -> bytes:
        self.asked.append(f"{server} by TCP")
        raise EOFError

    def upstreams(self, *servers: str) -> Upstreams:
        return Upstreams([Upstream(server, cast(Vantage, self)) for server in servers])


def found(message: DNSRecord, *, ttl: int = 60) -> bytes:
    reply = message.reply()
    reply.add_answer(RR(message.q.qname, rdata=A("192.0.2.1"), ttl=ttl))
    return bytes(reply.pack())


def silent(_message: DNSRecord) -> None:
    return None


def code(number: int) -> Answer:
    def answer(message: DNSRecord) -> bytes:
        reply = message.reply()
        reply.header.rcode = number
        if number == 3:
            reply.add_auth(RR("org", QTYPE.SOA, rdata=SOA("a.org", "b.org", (1, 2, 3, 4, 60)), ttl=60))
        return bytes(reply.pack())

    return answer


def query(name: str = "example.org", number: int = 7) -> bytes:
    message = DNSRecord.question(name)
    message.header.id = number
    return bytes(message.pack())


def rcode(reply: bytes | None) -> int:
    assert reply
    return int(DNSRecord.parse(reply).header.rcode)


async def test_a_reply_comes_under_the_clients_number(clock: list[float]) -> None:
    world = World(a=found)
    reply = await world.upstreams("a", "b").ask(query(number=0x4321))
    assert reply
    assert reply[:2] == b"\x43\x21"
    assert world.asked == ["a"]
    assert len({id(question) for question in world.forgotten}) == 1, "no more replies to it are expected"


async def test_without_servers_there_is_no_reply(clock: list[float]) -> None:
    assert await World().upstreams().ask(query()) is None


async def test_three_servers_are_asked_four_times_in_all(clock: list[float]) -> None:
    world = World(a=silent, b=silent, c=silent, d=found)
    assert await world.upstreams("a", "b", "c", "d").ask(query()) is None
    assert world.asked == ["a", "b", "c", "a"]


async def test_a_server_that_let_a_question_pass_is_asked_last_for_half_a_minute(clock: list[float]) -> None:
    world = World(a=silent, b=found)
    upstreams = world.upstreams("a", "b")
    for number, (wait, expected) in enumerate([(0, ["a", "b"]), (29, ["b"]), (1.1, ["a", "b"])]):
        clock[0] += wait
        world.asked.clear()
        assert await upstreams.ask(query(f"{number}.org"))
        assert world.asked == expected


async def test_a_server_that_cannot_be_reached_is_passed_over(clock: list[float]) -> None:
    world = World(b=found)
    upstreams = world.upstreams("a", "b")
    assert await upstreams.ask(query())
    assert await upstreams.ask(query("second.org"))
    assert world.asked == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("first", "second", "expected", "asked"),
    [
        (2, 3, 3, ["a", "b"]),
        (2, 2, 2, ["a", "b", "a", "b"]),
        (3, 0, 3, ["a"]),
        (5, 3, 3, ["a", "b"]),
    ],
)
async def test_another_server_may_know_what_one_fails_at(
    clock: list[float], first: int, second: int, expected: int, asked: list[str]
) -> None:
    world = World(a=code(first), b=code(second))
    reply = await world.upstreams("a", "b").ask(query())
    assert world.asked == asked
    assert (rcode(reply) if reply else 2) == expected


async def test_a_reply_is_kept_as_long_as_it_says_and_grows_old(clock: list[float]) -> None:
    world = World(a=lambda message: found(message, ttl=30))
    upstreams = world.upstreams("a")
    await upstreams.ask(query())
    clock[0] += 29.9
    reply = await upstreams.ask(query(number=9))
    assert reply
    assert (reply[:2], DNSRecord.parse(reply).rr[0].ttl) == (b"\x00\x09", 1)
    clock[0] += 0.2
    await upstreams.ask(query())
    assert world.asked == ["a", "a"]


@pytest.mark.parametrize(("ttl", "kept"), [(0, 0), (1, 1), (1_000_000, 60)])
async def test_nothing_is_kept_longer_than_a_minute(clock: list[float], ttl: int, kept: int) -> None:
    world = World(a=lambda message: found(message, ttl=ttl))
    upstreams = world.upstreams("a")
    await upstreams.ask(query())
    clock[0] += kept - 0.5 if kept else 0
    await upstreams.ask(query())
    assert len(world.asked) == (1 if kept else 2)
    clock[0] += 1
    await upstreams.ask(query())
    assert len(world.asked) == (2 if kept else 3)


async def test_the_oldest_of_256_replies_makes_room(clock: list[float]) -> None:
    world = World(a=found)
    upstreams = world.upstreams("a")
    for number in range(257):
        await upstreams.ask(query(f"{number}.org"))
    world.asked.clear()
    await upstreams.ask(query("1.org"))
    assert world.asked == []
    await upstreams.ask(query("0.org"))
    assert world.asked == ["a"]


async def test_what_is_asked_by_tcp_is_kept_apart(clock: list[float]) -> None:
    def shortened(message: DNSRecord) -> bytes:
        reply = DNSRecord.parse(found(message))
        reply.header.tc = 1
        return bytes(reply.pack())

    world = World(a=shortened)
    upstreams = world.upstreams("a")
    assert await upstreams.ask(query())
    assert world.asked == ["a"]
    assert await upstreams.ask(query(), whole=True), "where TCP fails the shortened one is better than none"
    assert world.asked == ["a", "a", "a by TCP"]


async def test_more_than_can_wait_are_refused(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstreams_module, "_AT_ONCE", 0)
    reply = await World(a=found).upstreams("a").ask(query())
    assert rcode(reply) == 5


async def test_who_is_silent_while_others_cannot_be_reached_is_left_alone_for_a_while(clock: list[float]) -> None:
    world = World(b=silent)
    upstreams = world.upstreams("a", "b")
    assert await upstreams.ask(query("0.org")) is None
    assert world.asked == ["a", "b", "a", "b"]
    world.asked.clear()
    assert await upstreams.ask(query("1.org")) is None
    assert world.asked == ["a", "a"], "two silences were enough"
    clock[0] += 5.1
    world.asked.clear()
    assert await upstreams.ask(query("2.org")) is None
    assert "b" in world.asked
