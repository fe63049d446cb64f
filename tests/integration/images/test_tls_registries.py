"""Registries off loopback must speak TLS with a certificate that is known, unless the settings say otherwise."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings, ProxySettings
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import NotFound, Unavailable
from sdk.oci.reference import parse_reference
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.faults import faulty_proxy

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

HOST = "10.9.9.9"
NOT_FOUND = "manifest unknown: manifest unknown"


@pytest.fixture(scope="module")
def address(network: None) -> Iterator[None]:
    subprocess.run(["ip", "address", "add", f"{HOST}/32", "dev", "lo"], check=True)
    yield
    subprocess.run(["ip", "address", "delete", f"{HOST}/32", "dev", "lo"], check=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    directory = tmp_path_factory.mktemp("certificate")
    certificate, key = directory / "ca.crt", directory / "ca.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry"]
    outputs = ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *outputs], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="module")
def plain(address: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with serve_registry(tmp_path_factory.mktemp("plain"), host=HOST, port=5010) as running:
        yield running


@pytest.fixture(scope="module")
def secure(address: None, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with serve_registry(tmp_path_factory.mktemp("secure"), host=HOST, port=5011, certificate=certificate) as running:
        yield running


@asynccontextmanager
async def opened(**settings: object) -> AsyncIterator[RegistryBackend]:
    backend = HubBackend(HubSettings(retries=0, **settings))
    yield backend
    await backend.close()


async def answer(backend: AbstractAsyncContextManager[RegistryBackend], registry: RunningRegistry) -> str:
    """Return what asking for a missing image says: that it is missing, if the registry could be spoken to."""
    async with backend as hub:
        with pytest.raises((NotFound, Unavailable)) as caught:
            await hub.resolve(parse_reference(f"{registry.address}/x"), Credentials())
        return caught.value.message


async def test_plain_http_must_be_allowed(plain: RunningRegistry) -> None:
    refused = f'Get "https://{plain.address}/v2/": http: server gave HTTP response to HTTPS client'
    assert await answer(opened(), plain) == refused
    assert NOT_FOUND in await answer(opened(insecure=(plain.address,)), plain)
    assert NOT_FOUND in await answer(opened(insecure=("10.9.0.0/16",)), plain)
    assert await answer(opened(insecure=("10.8.0.0/16",)), plain) == refused


async def test_a_certificate_must_be_known(secure: RunningRegistry, certificate: tuple[Path, Path], tmp_path: Path) -> None:
    message = await answer(opened(), secure)
    assert message.startswith(f'Get "https://{secure.address}/v2/": tls: failed to verify certificate: x509: ')
    assert NOT_FOUND in await answer(opened(insecure=(HOST,)), secure)
    known = tmp_path / secure.address
    known.mkdir()
    (known / "ca.crt").write_bytes(certificate[0].read_bytes())
    assert NOT_FOUND in await answer(opened(certificates=(tmp_path,)), secure)


@pytest.fixture(scope="module")
def guarded(address: None, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry that speaks to those alone who have a certificate of the authority."""
    directory = tmp_path_factory.mktemp("guarded")
    with serve_registry(directory, host=HOST, port=5012, certificate=certificate, client_authority=certificate[0]) as running:
        yield running


async def test_a_client_certificate_opens_the_registry_it_is_for(
    guarded: RunningRegistry, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    known = tmp_path / guarded.address
    known.mkdir()
    (known / "ca.crt").write_bytes(certificate[0].read_bytes())
    assert NOT_FOUND not in await answer(opened(certificates=(tmp_path,)), guarded)
    (known / "client.cert").write_bytes(certificate[0].read_bytes())
    assert "cannot be used" in await answer(opened(certificates=(tmp_path,)), guarded)
    (known / "client.key").write_bytes(certificate[1].read_bytes())
    assert NOT_FOUND in await answer(opened(certificates=(tmp_path,)), guarded)


async def test_a_proxy_carries_plain_requests_to_hosts_that_only_it_can_find(plain: RunningRegistry) -> None:
    async with faulty_proxy(plain.address, 5013) as proxy:
        settings = {
            "insecure": ("registry.test",),
            "proxies": ProxySettings(http=f"http://{proxy.address}", https="http://127.0.0.1:9"),
        }
        unseen = RunningRegistry("registry.test:5010", plain.root)
        assert NOT_FOUND in await answer(opened(**settings), unseen)
        assert proxy.seen[-1].path == "http://registry.test:5010/v2/x/manifests/latest"
        proxy.seen.clear()
        excepted = ProxySettings(http=f"http://{proxy.address}", exceptions=("10.9.0.0/16",))
        assert NOT_FOUND in await answer(opened(insecure=(HOST,), proxies=excepted), plain)
        assert proxy.seen == []
