"""Where the daemon is, from a flag, the environment or the default, and what is no address of one."""

import ssl
from pathlib import Path

import pytest

from core.cli.client.connection.endpoint import BadHost, find_endpoint


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    return tmp_path


def test_the_flag_counts_before_the_environment_and_that_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_endpoint("").path == "/run/core/core.sock"
    monkeypatch.setenv("DOCKER_HOST", "unix:///from/environment")
    assert find_endpoint("").path == "/from/environment"
    assert find_endpoint("unix:///said").path == "/said"
    assert find_endpoint("unix:///said").base_url == "http://core"


@pytest.mark.parametrize(
    ("url", "address", "port", "base"),
    [
        ("tcp://host", "host", 2375, "http://host:2375"),
        ("tcp://host:99/", "host", 99, "http://host:99"),
        ("http://10.0.0.1:80", "10.0.0.1", 80, "http://10.0.0.1:80"),
        ("tcp://[::1]:99", "::1", 99, "http://[::1]:99"),
        ("tcp://[::1]", "::1", 2375, "http://[::1]:2375"),
        ("tcp://:99", "127.0.0.1", 99, "http://127.0.0.1:99"),
        ("tcp://host:65535", "host", 65535, "http://host:65535"),
        ("https://host", "host", 2376, "https://host:2376"),
    ],
)
def test_an_address_of_tcp(url: str, address: str, port: int, base: str) -> None:
    found = find_endpoint(url)
    assert (found.address, found.port, found.base_url, found.path) == (address, port, base, "")


@pytest.mark.parametrize("host", ["ssh://host", "host:2375", "unix://", "unix:/x", "/run/core.sock", "tcp:host"])
def test_what_is_of_no_known_form(host: str) -> None:
    with pytest.raises(BadHost, match="is not of the form unix://PATH or tcp://ADDRESS:PORT"):
        find_endpoint(host)


@pytest.mark.parametrize("host", ["tcp://host:65536", "tcp://host:x", "tcp://[::1", "tcp://host:-1"])
def test_an_address_that_cannot_be_read(host: str) -> None:
    with pytest.raises(BadHost, match="has no address or port that can be read"):
        find_endpoint(host)


def test_the_environment_asks_for_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    found = find_endpoint("tcp://host")
    assert found.port == 2376
    assert found.tls is not None
    assert found.tls.verify_mode is ssl.CERT_REQUIRED
    assert find_endpoint("unix:///x").tls is None


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem"])
def test_certificates_that_cannot_be_used_are_said(environment: Path, name: str) -> None:
    (environment / name).write_text("no certificate")
    with pytest.raises(BadHost, match=f"the certificates in {environment} cannot be used: "):
        find_endpoint("https://host")
