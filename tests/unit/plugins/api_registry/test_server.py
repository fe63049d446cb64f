"""Addresses that can be served on, and none that is opened carelessly."""

import socket

import pytest

from plugins.api_registry.server import open_socket
from plugins.api_registry.settings import RegistrySettings
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", "localhost:0", ":0", "0"])
def test_loopback_is_served_without_users(address: str) -> None:
    with open_socket(RegistrySettings(address=address)) as sock:
        assert sock.getsockname()[0] in ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:²", "127.0.0.1:65536", f"127.0.0.1:{'9' * 5000}"],
)
def test_a_port_is_a_number_of_16_bits(address: str) -> None:
    """A superscript two, and more than 65535, ended the daemon's start with a traceback."""
    with pytest.raises(InvalidArgument, match="use HOST:PORT"):
        open_socket(RegistrySettings(address=address))


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "registry.example:0"])
def test_an_open_registry_is_not_served_beyond_loopback(address: str) -> None:
    with pytest.raises(InvalidArgument, match="without users"):
        open_socket(RegistrySettings(address=address))


def test_an_address_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InvalidArgument, match="Address already in use"):
        open_socket(RegistrySettings(address=f"127.0.0.1:{taken.getsockname()[1]}"))


def test_what_cannot_be_bound_is_told() -> None:
    with pytest.raises(InvalidArgument, match=r"cannot listen on 192\.0\.2\.1:0: "):
        open_socket(RegistrySettings(address="192.0.2.1:0", allow_open=True))
