"""Addresses that can be served on."""

import socket

import pytest

from plugins.api_metrics.server import open_socket
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", "localhost:0"])
def test_loopback(address: str) -> None:
    with open_socket(address) as sock:
        assert sock.getsockname()[0] in ("127.0.0.1", "::1")


def test_without_a_host_every_address_is_served() -> None:
    with open_socket(":0") as sock, socket.create_connection(("127.0.0.1", sock.getsockname()[1])) as client:
        assert client.getpeername()[1] == sock.getsockname()[1]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:²", "127.0.0.1:65536", "9323"])
def test_a_port_is_a_number_of_16_bits(address: str) -> None:
    with pytest.raises(InvalidArgument, match="failed to start metrics server: invalid address"):
        open_socket(address)


def test_what_cannot_be_bound_is_told() -> None:
    with open_socket("127.0.0.1:0") as sock:
        address = f"127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(InvalidArgument, match=f"failed to start metrics server: listen tcp {address}: address already in use$"):
            open_socket(address)


def test_a_host_that_is_none_is_told() -> None:
    with pytest.raises(InvalidArgument, match=r"listen tcp a b:0: [a-z]"):
        open_socket("a b:0")
