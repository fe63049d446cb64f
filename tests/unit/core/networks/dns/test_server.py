"""The server on the loop: sockets on loopback ports, upstreams that answer, lie, refuse and die."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Thread

import anyio
import pytest
from dnslib import EDNS0, RR, A, DNSRecord

from core.background import Background
from core.networks.dns import upstreams as upstreams_module
from core.networks.dns import vantage as vantage_module
from core.networks.dns.directory import Directory, Entry
from core.networks.dns.listening import Listening
from core.networks.dns.scope import Neighbourhood, Scope
from core.networks.dns.server import NameServer
from core.networks.dns.vantage import Upstream, Vantage

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


def bound(kind: socket.SocketKind) -> socket.socket:
    opened = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    opened.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        opened.listen()
    return opened


class World:
    def __init__(self, server: NameServer, directory: Directory, listening: Listening) -> None:
        self.server, self.directory, self.listening = server, directory, listening
        self.vantage = Vantage()

    def upstreams(self, *servers: str) -> None:
        found = tuple(Upstream(server, self.vantage) for server in servers)
        self.server.configure(Scope((Neighbourhood("n", "web"),)), found)

    async def ask(self, name: str, kind: str = "A", timeout: float = 30) -> DNSRecord:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
            client.connect(self.listening.udp.getsockname())
            question = DNSRecord.question(name, kind)
            client.send(question.pack())
            with anyio.fail_after(timeout):
                reply = DNSRecord.parse(await loop.sock_recv(client, 65535))
            assert reply.header.id == question.header.id
            return reply

    async def ask_by_tcp(self, name: str) -> DNSRecord:
        host, port = self.listening.tcp.getsockname()
        async with await anyio.connect_tcp(host, port) as stream:
            message = DNSRecord.question(name).pack()
            await stream.send(len(message).to_bytes(2) + message)
            data = await stream.receive()
            while len(data) < 2 or len(data) - 2 < int.from_bytes(data[:2]):
                data += await stream.receive()
            return DNSRecord.parse(data[2:])


@pytest.fixture
async def world() -> AsyncIterator[World]:
    listening = Listening(bound(socket.SOCK_DGRAM), bound(socket.SOCK_STREAM))
    directory = Directory()
    directory.put("1", [Entry("n", "web", "1", ("one", "all"), (ip_address("10.0.0.1"),))])
    directory.put("2", [Entry("n", "web", "2", ("two", "all"), (ip_address("10.0.0.2"),))])
    async with anyio.create_task_group() as tasks:
        made = World(NameServer(directory, listening, Vantage(), Background(tasks)), directory, listening)
        made.upstreams()
        yield made
        made.server.close()
        made.vantage.close()
        tasks.cancel_scope.cancel()


@contextmanager
def upstream(monkeypatch: pytest.MonkeyPatch, address: str, answer) -> Iterator[list[str]]:
    """A server of the world outside, on a port of its own; `answer` makes the reply of a question, None for silence."""
    asked: list[str] = []
    serving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    serving.bind((address, vantage_module._PORT if vantage_module._PORT != 53 else 0))
    monkeypatch.setattr(vantage_module, "_PORT", serving.getsockname()[1])

    def serve() -> None:
        while True:
            data, client = serving.recvfrom(65535)
            if not data:
                return
            question = DNSRecord.parse(data)
            asked.append(str(question.q.qname))
            if reply := answer(question):
                serving.sendto(reply, client)

    thread = Thread(target=serve)
    thread.start()
    try:
        yield asked
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", serving.getsockname())
        thread.join()
        serving.close()


def outside(question: DNSRecord) -> bytes:
    reply = question.reply()
    reply.add_answer(RR(question.q.qname, rdata=A("192.0.2.7"), ttl=60))
    return bytes(reply.pack())


def texts(reply: DNSRecord) -> list[str]:
    return [str(record.rdata) for record in reply.rr]


async def test_names_take_turns_and_follow_changes(world: World):
    assert texts(await world.ask("one")) == ["10.0.0.1"]
    firsts = {texts(await world.ask("all"))[0] for _ in range(2)}
    assert firsts == {"10.0.0.1", "10.0.0.2"}
    world.directory.put("1", ())
    assert texts(await world.ask("all")) == ["10.0.0.2"]
    assert (await world.ask("one")).header.rcode == 2, "nobody else to ask"
    assert texts(await world.ask("two", "AAAA")) == []


async def test_large_answers_come_by_tcp(world: World):
    for number in range(100):
        world.directory.put(f"c{number}", [Entry("n", "web", "c", ("many",), (ip_address(f"10.1.0.{number}"),))])
    short = await world.ask("many")
    assert (short.header.tc, short.rr) == (1, [])
    assert len((await world.ask_by_tcp("many")).rr) == 100


async def test_other_names_are_asked_elsewhere_and_kept(world: World, monkeypatch: pytest.MonkeyPatch):
    with upstream(monkeypatch, "127.0.0.2", outside) as asked:
        world.upstreams("127.0.0.2")
        assert texts(await world.ask("example.org")) == ["192.0.2.7"]
        assert texts(await world.ask("example.org")) == ["192.0.2.7"]
        assert texts(await world.ask_by_tcp("example.net")) == ["192.0.2.7"]
        assert asked == ["example.org.", "example.net."]


async def test_what_another_server_shortened_is_fetched_by_tcp(world: World, monkeypatch: pytest.MonkeyPatch):
    def shortened(question: DNSRecord) -> bytes:
        reply = question.reply()
        reply.header.tc = 1
        return bytes(reply.pack())

    def serve_once(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            length = int.from_bytes(connection.recv(2, socket.MSG_WAITALL))
            reply = outside(DNSRecord.parse(connection.recv(length, socket.MSG_WAITALL)))
            connection.sendall(len(reply).to_bytes(2) + reply)

    with upstream(monkeypatch, "127.0.0.2", shortened):
        world.upstreams("127.0.0.2")
        assert (await world.ask("example.org")).header.tc == 1, "by UDP the client is told"
        with socket.create_server(("127.0.0.2", vantage_module._PORT)) as listener:
            thread = Thread(target=serve_once, args=(listener,))
            thread.start()
            assert texts(await world.ask_by_tcp("example.org")) == ["192.0.2.7"]
            thread.join()


async def test_a_forged_reply_is_not_believed(world: World, monkeypatch: pytest.MonkeyPatch):
    def forged(question: DNSRecord) -> bytes:
        other = DNSRecord.question("evil.org")
        other.header.id = question.header.id
        return outside(other)

    with upstream(monkeypatch, "127.0.0.2", forged):
        world.upstreams("127.0.0.2")
        with pytest.raises(TimeoutError):
            await world.ask("example.org", timeout=0.5)


async def test_a_dead_server_costs_its_first_question_a_second(world: World, monkeypatch: pytest.MonkeyPatch):
    with upstream(monkeypatch, "127.0.0.2", lambda _: None) as dead, upstream(monkeypatch, "127.0.0.3", outside):
        world.upstreams("127.0.0.2", "127.0.0.3")
        began = time.monotonic()
        assert texts(await world.ask("a.example.org")) == ["192.0.2.7"]
        assert time.monotonic() - began > 0.9
        monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
        assert texts(await world.ask("b.example.org")) == ["192.0.2.7"], "without waiting for the dead one"
        assert dead == ["a.example.org."], "it is asked once"


async def test_a_server_that_fails_is_passed_over_at_once(world: World, monkeypatch: pytest.MonkeyPatch):
    def failing(question: DNSRecord) -> bytes:
        reply = question.reply()
        reply.header.rcode = 2
        return bytes(reply.pack())

    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
    with upstream(monkeypatch, "127.0.0.2", failing), upstream(monkeypatch, "127.0.0.3", outside):
        world.upstreams("127.0.0.2", "127.0.0.3")
        assert texts(await world.ask("example.org")) == ["192.0.2.7"]


async def test_when_all_are_dead_the_client_is_told(world: World, monkeypatch: pytest.MonkeyPatch):
    with upstream(monkeypatch, "127.0.0.2", lambda _: None):
        world.upstreams("127.0.0.2")
        assert (await world.ask("example.org")).header.rcode == 2


async def test_a_short_name_has_no_address_where_ndots_is_set(world: World):
    world.server.configure(Scope((Neighbourhood("n", "web"),), ndots=2), ())
    reply = await world.ask("nowhere")
    assert (reply.header.rcode, reply.rr) == (0, []), "the resolver goes on with its search domains"


@pytest.mark.parametrize(("theirs", "told"), [(2, 2), (5, 2), (4, 4), (3, 3)])
async def test_what_other_servers_fail_at_is_said_as_docker_says_it(
    world: World, monkeypatch: pytest.MonkeyPatch, theirs: int, told: int
):
    def failing(question: DNSRecord) -> bytes:
        reply = question.reply()
        reply.header.rcode = theirs
        return bytes(reply.pack())

    with upstream(monkeypatch, "127.0.0.2", failing):
        world.upstreams("127.0.0.2")
        assert (await world.ask("example.org")).header.rcode == told


async def test_more_questions_than_can_wait_are_refused(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upstreams_module, "_AT_ONCE", 0)
    world.upstreams("127.0.0.2")
    assert (await world.ask("example.org")).header.rcode == 5


async def test_a_server_that_cannot_be_reached_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
    with upstream(monkeypatch, "127.0.0.3", outside):
        world.upstreams("127.0.0.2")
        for number in range(10):  # more than the kernel sends ICMP errors for
            assert (await world.ask(f"{number}.example.org")).header.rcode == 2
        world.upstreams("127.0.0.2", "127.0.0.3")
        assert texts(await world.ask("example.org")) == ["192.0.2.7"]


async def test_questions_at_once_are_all_told_and_a_server_that_is_back_is_asked(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
    monkeypatch.setattr(vantage_module, "_PORT", 5)
    world.upstreams("127.0.0.2")
    replies: list[int] = []

    async def ask(number: int) -> None:
        replies.append((await world.ask(f"{number}.example.org")).header.rcode)

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(ask, number)
    assert replies == [2] * 30
    monkeypatch.setattr(vantage_module, "_PORT", 53)
    world.vantage._unreachable.clear()
    with upstream(monkeypatch, "127.0.0.2", outside):
        assert texts(await world.ask("example.org")) == ["192.0.2.7"]


async def test_a_silent_server_is_asked_now_and_then_while_no_other_can_be_reached(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 0.1)
    speaks: list[bool] = []
    with upstream(monkeypatch, "127.0.0.3", lambda question: outside(question) if speaks else None) as asked:
        world.upstreams("127.0.0.2", "127.0.0.3")
        for number in range(5):
            assert (await world.ask(f"{number}.example.org")).header.rcode == 2
        assert len(asked) == 2
        monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
        monkeypatch.setattr(upstreams_module, "_HOPELESS_SECONDS", 0.0)
        speaks.append(True)
        assert texts(await world.ask("now.example.org")) == ["192.0.2.7"]
        monkeypatch.setattr(upstreams_module, "_HOPELESS_SECONDS", 1000.0)
        assert texts(await world.ask("again.example.org")) == ["192.0.2.7"]


async def test_nonsense_is_no_trouble(world: World):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for data in (b"", b"x", b"\xff" * 100, DNSRecord.question("a" * 63).pack()[:20]):
            client.sendto(data, world.listening.udp.getsockname())
        client.settimeout(0)
        with anyio.fail_after(30):
            told = await asyncio.get_running_loop().sock_recv(client, 512)
        assert told[2:4] == b"\x81\x01", "a format error, so that the client need not wait"
    question = DNSRecord.question("one")
    question.add_ar(EDNS0(udp_len=1232))
    assert texts(await world.ask("one")) == ["10.0.0.1"]


async def test_a_dead_server_does_not_delay_local_names(world: World, monkeypatch: pytest.MonkeyPatch):
    """50 clients ask 2,000 times while names of a dead server wait for ever; how long an answer takes is the benchmark's to measure."""
    monkeypatch.setattr(upstreams_module, "SLOT_SECONDS", 1000.0)
    answered: list[str] = []

    async def client(name: str) -> None:
        for _ in range(40):
            assert (await world.ask(name)).rr
            answered.append(name)

    async def hopeless(number: int) -> None:
        await world.ask(f"dead{number}.example.org", timeout=1000)
        answered.append("dead")

    with upstream(monkeypatch, "127.0.0.2", lambda _: None):
        world.upstreams("127.0.0.2")
        async with anyio.create_task_group() as waiting:
            for number in range(20):
                waiting.start_soon(hopeless, number)
            async with anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(client, "one" if number % 2 else "all")
            waiting.cancel_scope.cancel()
    assert sorted(answered) == ["all"] * 1000 + ["one"] * 1000
