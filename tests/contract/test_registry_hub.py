"""The registry contract, kept by registry_hub against Debian's docker-registry: open, and behind a password."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from plugins.registry_hub.backend import HubBackend
from plugins.registry_hub.settings import HubSettings
from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import NotFound, Unauthorized, Unavailable
from sdk.oci.reference import parse_reference
from sdk.testing.contracts.registry import RegistryContract
from sdk.testing.distribution import RunningRegistry, serve_registry
from sdk.testing.netns import private_network

pytestmark = pytest.mark.privileged

# "secret", bcrypt with four rounds
HTPASSWD = "user:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
USER = Credentials(username="user", password="secret")


@pytest.fixture(scope="module", autouse=True)
def network() -> Iterator[None]:
    with private_network():
        yield


@pytest.fixture
async def backend() -> AsyncIterator[RegistryBackend]:
    hub = HubBackend(HubSettings(backoff=0.01))
    yield hub
    await hub.close()


@pytest.fixture
def repository(registry: RunningRegistry) -> str:
    return f"{registry.address}/contract-{secrets.token_hex(4)}"


class TestOpenRegistry(RegistryContract):
    @pytest.fixture(scope="class")
    @classmethod
    def registry(cls, network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
        with serve_registry(tmp_path_factory.mktemp("registry")) as running:
            yield running


class TestRegistryWithPassword(RegistryContract):
    @pytest.fixture(scope="class")
    @classmethod
    def registry(cls, network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
        with serve_registry(tmp_path_factory.mktemp("registry"), htpasswd=HTPASSWD) as running:
            yield running

    @pytest.fixture
    def credentials(self) -> Credentials:
        return USER

    @pytest.mark.anyio
    async def test_without_credentials_the_manifest_is_refused(self, backend: RegistryBackend, repository: str) -> None:
        with pytest.raises(Unavailable) as caught:
            await backend.resolve(parse_reference(f"{repository}:one"), Credentials())
        assert caught.value.message.endswith('/manifests/one": no basic auth credentials')

    @pytest.mark.anyio
    async def test_a_wrong_password_fails_the_login(self, backend: RegistryBackend, registry: RunningRegistry) -> None:
        with pytest.raises(Unauthorized) as caught:
            await backend.authenticate(Credentials("user", "wrong", server_address=registry.address))
        assert caught.value.message == f"login attempt to http://{registry.address}/v2/ failed with status: 401 Unauthorized"

    @pytest.mark.anyio
    async def test_a_wrong_password_is_refused_access(self, backend: RegistryBackend, repository: str) -> None:
        with pytest.raises(NotFound) as caught:
            await backend.resolve(parse_reference(f"{repository}:one"), Credentials("user", "wrong"))
        assert "repository does not exist or may require 'docker login'" in caught.value.message


@pytest.mark.anyio
async def test_a_hub_name_is_served_by_the_mirror(tmp_path: Path) -> None:
    with serve_registry(tmp_path) as registry:
        image = parse_reference(f"{registry.address}/library/alpine:latest")
        hub = HubBackend(HubSettings(mirrors=(f"http://{registry.address}/",), retries=0))
        manifest = await RegistryContract()._push(hub, image, Credentials())
        assert (await hub.resolve(parse_reference("alpine"), Credentials())).content == manifest
        with pytest.raises(Unavailable) as caught:
            await hub.resolve(parse_reference("alpine:missing"), Credentials())
        assert caught.value.message.startswith('Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io')
        await hub.close()
