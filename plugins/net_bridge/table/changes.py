"""Tells when our nftables table was changed: the kernel's notifications, on the event loop."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

_NETLINK_NETFILTER, _SOL_NETLINK = 12, 270
_ADD_MEMBERSHIP, _GROUP_NFTABLES = 1, 7
_SUBSYSTEM_NFTABLES = 10
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TABLE_NAME = 1
"""The attribute with the table's name: the same in messages about tables, chains, rules, sets and elements."""

_FIRST_ATTRIBUTE = 20
_RECEIVE = 1 << 16


class RulesetChanges:
    """Bound to the network namespace of the thread that makes it. Our own changes are told too: the generation tells them apart."""

    def __init__(self, table: str) -> None:
        self._table = table.encode() + b"\0"
        self._changed = anyio.Event()
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, _NETLINK_NETFILTER
        )
        self._socket.bind((0, 0))
        self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_NFTABLES)

    def close(self) -> None:
        self._socket.close()

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Listen until the block ends."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket.fileno(), self._receive)
        try:
            yield
        finally:
            loop.remove_reader(self._socket.fileno())

    async def wait(self) -> None:
        """Return after the next change."""
        await self._changed.wait()
        self._changed = anyio.Event()

    def _receive(self) -> None:
        while True:
            try:
                datagram = self._socket.recv(_RECEIVE)
            except BlockingIOError:
                return
            except OSError:  # more was told than fits: something has changed
                self._changed.set()
                return
            if any(_table_of(message) == self._table for message in _messages(datagram)):
                self._changed.set()


def _messages(datagram: bytes) -> Iterator[bytes]:
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, *_ = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size:
            return
        if kind >> 8 == _SUBSYSTEM_NFTABLES:
            yield datagram[offset : offset + length]
        offset += (length + 3) & ~3


def _table_of(message: bytes) -> bytes:
    """Return the name of the table a message is about, with its final zero byte; b"" for other messages."""
    offset = _FIRST_ATTRIBUTE
    while offset + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if kind == _TABLE_NAME:
            return message[offset + _ATTRIBUTE.size : offset + length]
        if length < _ATTRIBUTE.size:
            break
        offset += (length + 3) & ~3
    return b""
