"""Warnings of listeners that let any client in."""

import pytest

from core.daemon.exposure import exposed

HOSTS = ("unix:///run/core.sock", "fd://", "tcp://0.0.0.0:2375", "tcp://[::1]:2376")


@pytest.mark.parametrize(
    ("tls", "how"),
    [(False, "http://{} without encryption"), (True, "https://{} without TLS client verification")],
)
def test_each_tcp_address_is_warned_of(tls: bool, how: str) -> None:
    warnings = list(exposed(HOSTS, tls=tls, verify=False))
    begin = [f"[DEPRECATION NOTICE]: API is accessible on {how.format(address)}." for address in ("0.0.0.0:2375", "[::1]:2376")]
    assert [warning.splitlines()[0] for warning in warnings] == begin
    assert all("Access to the remote API is equivalent to root access on the host" in warning for warning in warnings)


def test_clients_with_certificates_and_unix_sockets_are_no_worry() -> None:
    assert list(exposed(HOSTS, tls=True, verify=True)) == []
    assert list(exposed(HOSTS[:2], tls=False, verify=False)) == []
