"""What the kernel says of links that the host has."""

import socket
import struct
from ipaddress import ip_interface

import pytest

from core.networks.addressing import bridge_addresses as module
from core.networks.addressing.bridge_addresses import bridge_addresses, is_bridge


@pytest.mark.parametrize("name", ["", "x" * 16, "core-none", "ä" * 8, "a/b", "a\0b"])
def test_what_is_no_link(name: str) -> None:
    assert is_bridge(name) is None
    assert bridge_addresses(name) == []


def test_the_loopback_is_a_link_and_no_bridge() -> None:
    assert is_bridge("lo") is False


def _attribute(kind: int, content: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def _message(index: int, family: int, prefix: int, *attributes: bytes) -> bytes:
    payload = struct.pack("=BBBBI", family, prefix, 0, 0, index) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(payload), 20, 2, 1, 0) + payload + bytes(-len(payload) % 4)


FOUR, SIX = socket.inet_aton("10.0.0.1"), socket.inet_pton(socket.AF_INET6, "fd00::1")
DONE = struct.pack("=IHHII", 20, 3, 2, 1, 0) + bytes(4)


class Kernel:
    """A socket of rtnetlink that answers with datagrams that were made before."""

    def __init__(self, *datagrams: bytes) -> None:
        self.datagrams = list(datagrams)

    def __call__(self, *_: object) -> "Kernel":
        return self

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *_: object) -> None: ...

    def bind(self, _address: object) -> None: ...

    def send(self, question: bytes) -> None:
        assert question[:4] == (24).to_bytes(4, "little")

    def recv(self, _size: int) -> bytes:
        return self.datagrams.pop(0)


@pytest.mark.parametrize(
    ("datagrams", "expected"),
    [
        ([DONE], []),
        ([_message(1, socket.AF_INET, 24, _attribute(1, FOUR)), DONE], ["10.0.0.1/24"]),
        ([_message(1, socket.AF_INET6, 64, _attribute(1, SIX)) + DONE], ["fd00::1/64"]),
        ([_message(1, socket.AF_INET, 32, _attribute(1, socket.inet_aton("10.0.0.2")), _attribute(2, FOUR)), DONE], ["10.0.0.1/32"]),
        ([_message(2, socket.AF_INET, 24, _attribute(1, FOUR)), DONE], []),
        ([_message(1, socket.AF_INET, 8, _attribute(3, b"lo\0"), _attribute(1, FOUR)) + _message(1, socket.AF_INET6, 64, _attribute(1, SIX)), DONE], ["10.0.0.1/8", "fd00::1/64"]),
        ([struct.pack("=IHHII", 36, 2, 0, 1, 0) + bytes(20)], []),
    ],
    ids=("none", "IPv4", "IPv6", "point to point", "of another link", "several", "an error"),
)  # fmt: skip
def test_addresses_in_the_kernels_order(monkeypatch: pytest.MonkeyPatch, datagrams: list[bytes], expected: list[str]) -> None:
    monkeypatch.setattr(module.socket, "if_nametoindex", lambda _name: 1)
    monkeypatch.setattr(module.socket, "socket", Kernel(*datagrams))
    assert bridge_addresses("br0") == [ip_interface(address) for address in expected]
