"""Hosts and ports that can exist (RFC 1035), at their limits."""

import pytest

from sdk.urls import is_possible_host, is_possible_name, is_possible_port


@pytest.mark.parametrize("host", ["a", "a.", "localhost", "x" * 63, ".".join(["x" * 63] * 3) + "." + "x" * 61, "1.2.3.4"])
def test_a_name_that_could_be_looked_up(host: str) -> None:
    assert is_possible_name(host)
    assert is_possible_host(host)


@pytest.mark.parametrize("host", ["", ".", "a..b", ".a", "x" * 64, ".".join(["x" * 63] * 4), "fe80%eth0"])
def test_a_name_that_could_not(host: str) -> None:
    assert not is_possible_name(host)
    assert not is_possible_host(host)


def test_an_address_of_ip_version_6_is_no_name_but_a_host() -> None:
    assert is_possible_host("fe80::1%eth0")


@pytest.mark.parametrize(("port", "can_exist"), [(None, True), (1, True), (65535, True), (0, False), (65536, False), (-1, False)])
def test_a_port(port: int | None, can_exist: bool) -> None:
    assert is_possible_port(port) is can_exist
