"""DNS messages, read and written by dnslib; nothing else here knows how they look (RFC 1035, RFC 6891)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from dnslib import AAAA, EDNS0, PTR, QTYPE, RCODE, RR, A, DNSError, DNSHeader, DNSRecord

Address = IPv4Address | IPv6Address

IPV4, IPV6, POINTER, ANY = int(QTYPE.A), int(QTYPE.AAAA), int(QTYPE.PTR), int(QTYPE.ANY)
FORMAT_ERROR, SERVER_FAILURE, NO_SUCH_NAME, NOT_IMPLEMENTED, REFUSED = (
    int(RCODE.FORMERR),
    int(RCODE.SERVFAIL),
    int(RCODE.NXDOMAIN),
    int(RCODE.NOTIMP),
    int(RCODE.REFUSED),
)
TTL = 600
"""Seconds an answer about a container may be kept, as Docker says."""

_INTERNET, _OPTIONS, _AUTHORITY = 1, int(QTYPE.OPT), int(QTYPE.SOA)
_HEADER, _IS_REPLY = 12, 0x80
_OPERATIONS = (0, 4)
"""Queries, and notices of changed zones, which other servers may want (RFC 1996)."""
_PLAIN_LIMIT, _OUR_LIMIT = 512, 4096
_REVERSE_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa")
_REVERSE_IPV6 = re.compile(r"((?:[0-9a-f]\.){32})ip6\.arpa")


@dataclass(frozen=True, slots=True)
class Query:
    """A question: `name` in lower case without the last dot, `kind` the record type, `limit` the bytes a reply by UDP may have."""

    name: str
    kind: int
    limit: int
    internet: bool
    message: DNSRecord


def parse(data: bytes) -> Query | None:
    """Return the question in a message, None if it is not a query that can be read, or of a kind that no server here answers."""
    try:
        message = DNSRecord.parse(data)
        name = b".".join(message.q.qname.label).decode("ascii").lower()
    except (DNSError, UnicodeDecodeError, AttributeError, IndexError):
        return None
    if message.header.qr or len(message.questions) != 1 or message.header.opcode not in _OPERATIONS:
        return None
    sizes = [int(record.rclass) for record in message.ar if record.rtype == _OPTIONS]
    limit = max(_PLAIN_LIMIT, *sizes) if sizes else _PLAIN_LIMIT
    return Query(name, int(message.q.qtype), limit, message.q.qclass == _INTERNET and message.header.opcode == 0, message)


def answer(query: Query, found: Sequence[Address | str], limit: int) -> bytes:
    """Return the reply that names addresses, or names for a reverse question; what is longer than `limit` says so and carries nothing."""
    reply = _reply(query)
    for value in found:
        reply.add_answer(RR(query.message.q.qname, _type_of(value), rdata=_data_of(value), ttl=TTL))
    packed = bytes(reply.pack())
    return packed if len(packed) <= limit else _truncated(query)


def failure(query: Query, code: int) -> bytes:
    """Return the reply that says there is no answer, and why."""
    reply = _reply(query)
    reply.header.rcode = code
    return bytes(reply.pack())


def rejection(data: bytes) -> bytes:
    """Return the reply to a message that `parse` makes nothing of: its header and why (RFC 1035, 4.1.1); b"" to what is a reply itself."""
    if len(data) < _HEADER or data[2] & _IS_REPLY:
        return b""
    code = FORMAT_ERROR if data[2] >> 3 & 0x0F in _OPERATIONS else NOT_IMPLEMENTED
    return data[:2] + bytes([data[2] & 0x79 | _IS_REPLY, code]) + bytes(_HEADER - 4)


def failed(data: bytes, code: int) -> bytes:
    """Return the reply to a message that says there is no answer, and why; b"" to what is no query."""
    query = parse(data)
    return failure(query, code) if query is not None else b""


def lifetime(reply: bytes) -> int:
    """Return for how many seconds a server's reply may be kept; 0 for failures and for what cannot be read."""
    try:
        message = DNSRecord.parse(reply)
    except DNSError:
        return 0
    if message.header.tc or message.header.rcode not in (0, NO_SUCH_NAME):
        return 0
    if message.rr:
        return min(int(record.ttl) for record in message.rr)
    return min((int(record.ttl) for record in message.auth if record.rtype == _AUTHORITY), default=0)


def aged(reply: bytes, seconds: int) -> bytes:
    """Return a kept reply as it is after some seconds."""
    message = DNSRecord.parse(reply)
    for record in (*message.rr, *message.auth):
        record.ttl = max(0, record.ttl - seconds)
    return bytes(message.pack())


def is_failure(reply: bytes) -> bool:
    """Tell whether another server may know more than the one that sent this."""
    return len(reply) < _HEADER or reply[3] & 0x0F in (SERVER_FAILURE, NOT_IMPLEMENTED, REFUSED)


def is_final(reply: bytes) -> bool:
    """Tell whether a failure is passed on as it is, when no other server knows more: what a server cannot do, it says."""
    return len(reply) >= _HEADER and reply[3] & 0x0F == NOT_IMPLEMENTED


def is_truncated(reply: bytes) -> bool:
    """Tell whether the whole reply can be had by TCP only."""
    return bool(reply[2] & 0x02)


def reversed_address(name: str) -> Address | None:
    """Return the address a reverse question (RFC 1035 3.5, RFC 3596 2.5) is about, None for other names."""
    try:
        if match := _REVERSE_IPV4.fullmatch(name):
            return IPv4Address(".".join(reversed(match.groups())))
        if match := _REVERSE_IPV6.fullmatch(name):
            return IPv6Address(int(match.group(1).replace(".", "")[::-1], 16))
    except ValueError:
        return None
    return None


def _reply(query: Query) -> DNSRecord:
    asked = query.message
    header = DNSHeader(id=asked.header.id, qr=1, aa=0, rd=asked.header.rd, ra=1)
    reply = DNSRecord(header, q=asked.q)
    if query.limit > _PLAIN_LIMIT or any(record.rtype == _OPTIONS for record in asked.ar):
        reply.add_ar(EDNS0(udp_len=_OUR_LIMIT))
    return reply


def _truncated(query: Query) -> bytes:
    reply = _reply(query)
    reply.header.tc = 1
    return bytes(reply.pack())


def _type_of(value: Address | str) -> int:
    if isinstance(value, str):
        return POINTER
    return IPV4 if value.version == 4 else IPV6


def _data_of(value: Address | str) -> A | AAAA | PTR:
    if isinstance(value, str):
        return PTR(value)
    return A(str(value)) if value.version == 4 else AAAA(str(value))
