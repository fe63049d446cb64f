from ipaddress import ip_address

import pytest
from dnslib import RCODE, RR, SOA, A, DNSRecord

from core.networks.dns import codec


def asked(name="Web.Example", kind="A", size=0) -> codec.Query:
    message = DNSRecord.question(name, kind)
    if size:
        from dnslib import EDNS0

        message.add_ar(EDNS0(udp_len=size))
    query = codec.parse(message.pack())
    assert query is not None
    return query


def test_a_question_is_read_without_regard_to_case():
    query = asked(size=1400)
    assert (query.name, query.kind, query.limit, query.internet) == ("web.example", codec.IPV4, 1400, True)


@pytest.mark.parametrize("data", [b"", b"\0" * 5, b"\xff" * 40, DNSRecord.question("a").reply().pack()], ids=range(4))
def test_what_is_no_question_is_nothing(data):
    assert codec.parse(data) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", b""),
        (b"\0" * 11, b""),
        (DNSRecord.question("a").reply().pack(), b""),
        (b"\x12\x34\x01\0" + b"\0" * 8, b"\x12\x34\x81\x01" + b"\0" * 8),
        (b"\x12\x34\x28\0" + b"\0" * 8, b"\x12\x34\xa8\x04" + b"\0" * 8),
    ],
    ids=("nothing", "short", "a reply", "no question", "an update"),
)
def test_what_is_no_question_is_rejected_at_once_unless_it_is_a_reply(data, told):
    assert codec.parse(data) is None
    assert codec.rejection(data) == told


def test_answers_carry_both_kinds_of_address_and_names():
    reply = DNSRecord.parse(codec.answer(asked(), [ip_address("10.0.0.1"), ip_address("fd00::1"), "web.net"], 4096))
    assert [str(record.rdata) for record in reply.rr] == ["10.0.0.1", "fd00::1", "web.net."]
    assert {record.ttl for record in reply.rr} == {600}


def test_what_does_not_fit_says_so():
    many = [ip_address(f"10.0.{number}.1") for number in range(60)]
    short = codec.answer(asked(), many, 512)
    assert codec.is_truncated(short)
    assert len(short) < 512
    assert len(DNSRecord.parse(codec.answer(asked(), many, 65535)).rr) == 60


def test_how_long_a_reply_may_be_kept():
    reply = DNSRecord.question("a.b").reply()
    reply.add_answer(RR("a.b", rdata=A("192.0.2.1"), ttl=30), RR("a.b", rdata=A("192.0.2.2"), ttl=20))
    assert codec.lifetime(reply.pack()) == 20
    assert [record.ttl for record in DNSRecord.parse(codec.aged(reply.pack(), 25)).rr] == [5, 0]
    negative = DNSRecord.question("a.b").reply()
    negative.header.rcode = RCODE.NXDOMAIN
    assert codec.lifetime(negative.pack()) == 0
    negative.add_auth(RR("b", 6, rdata=SOA("ns.b", "x.b"), ttl=9))
    assert codec.lifetime(negative.pack()) == 9
    assert codec.lifetime(codec.failure(asked(), codec.SERVER_FAILURE)) == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("4.3.2.1.in-addr.arpa", "1.2.3.4"),
        (f"{'1.' + '0.' * 27}0.0.d.f.ip6.arpa", "fd00::1"),
        ("300.3.2.1.in-addr.arpa", None),
        ("web", None),
    ],
)
def test_reverse_names(name, address):
    assert codec.reversed_address(name) == (ip_address(address) if address else None)
