"""The contract every registry backend keeps.

Subclass `RegistryContract` in a test module and give it two fixtures: `backend`, the opened backend, and `repository`, a name such as
`127.0.0.1:5000/contract` in an empty registry that the backend reaches with the fixture `credentials` (anonymous unless overridden).
"""

import os
from collections.abc import AsyncIterator

import anyio
import msgspec
import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import DataLoss, EngineError, NotFound, Unavailable, Unsupported
from sdk.oci.descriptor import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.image import Index, Manifest
from sdk.oci.reference import Reference, parse_reference

_LAYER = os.urandom(3 << 20)
_CONFIG = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'


def _described(content: bytes, media_type: str) -> Descriptor:
    return Descriptor(media_type, digest_of(content), len(content))


async def _pieces(content: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


class RegistryContract:
    """Cases read as the specification of `sdk.drivers.registry.RegistryBackend`."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def credentials(self) -> Credentials:
        return Credentials()

    @pytest.fixture
    def image(self, repository: str) -> Reference:
        return parse_reference(f"{repository}:one")

    async def _push(self, backend: RegistryBackend, image: Reference, credentials: Credentials) -> bytes:
        layer, config = _described(_LAYER, OCI_LAYER), _described(_CONFIG, OCI_CONFIG)
        await backend.push_blob(image, layer, _pieces(_LAYER), credentials)
        await backend.push_blob(image, config, _pieces(_CONFIG), credentials)
        manifest = msgspec.json.encode(Manifest(config=config, layers=(layer,)))
        await backend.push_manifest(image, manifest, OCI_MANIFEST, credentials)
        return manifest

    async def _read(
        self, backend: RegistryBackend, image: Reference, descriptor: Descriptor, credentials: Credentials, offset: int = 0
    ) -> bytes:
        async with backend.fetch(image, descriptor, credentials, offset=offset) as chunks:
            return b"".join([chunk async for chunk in chunks])

    @pytest.mark.anyio
    async def test_what_was_pushed_resolves_by_tag_with_its_digest(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        manifest = await self._push(backend, image, credentials)
        resolved = await backend.resolve(image, credentials)
        assert resolved.content == manifest
        assert resolved.descriptor == Descriptor(OCI_MANIFEST, digest_of(manifest), len(manifest))

    @pytest.mark.anyio
    async def test_it_resolves_by_digest_whatever_the_tag(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        manifest = await self._push(backend, image, credentials)
        by_digest = Reference(image.domain, image.path, "other", digest_of(manifest))
        assert (await backend.resolve(by_digest, credentials)).content == manifest

    @pytest.mark.anyio
    async def test_a_missing_tag_is_not_found_in_dockers_words(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        await self._push(backend, image, credentials)
        missing = Reference(image.domain, image.path, "missing")
        with pytest.raises(NotFound) as caught:
            await backend.resolve(missing, credentials)
        assert caught.value.message == f"manifest for {missing.familiar} not found: manifest unknown: manifest unknown"

    @pytest.mark.anyio
    async def test_every_tag_is_listed(self, backend: RegistryBackend, image: Reference, credentials: Credentials) -> None:
        manifest = await self._push(backend, image, credentials)
        await backend.push_manifest(Reference(image.domain, image.path, "two"), manifest, OCI_MANIFEST, credentials)
        try:
            assert sorted(await backend.tags(image, credentials)) == ["one", "two"]
        except Unsupported:
            pytest.skip("the backend does not list tags")

    @pytest.mark.anyio
    async def test_a_blob_is_fetched_whole(self, backend: RegistryBackend, image: Reference, credentials: Credentials) -> None:
        await self._push(backend, image, credentials)
        assert await self._read(backend, image, _described(_LAYER, OCI_LAYER), credentials) == _LAYER

    @pytest.mark.anyio
    @pytest.mark.parametrize("offset", [1, 65536, len(_LAYER) - 1, len(_LAYER)])
    async def test_a_blob_is_fetched_from_an_offset(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials, offset: int
    ) -> None:
        await self._push(backend, image, credentials)
        assert await self._read(backend, image, _described(_LAYER, OCI_LAYER), credentials, offset) == _LAYER[offset:]

    @pytest.mark.anyio
    async def test_a_missing_blob_is_not_found(self, backend: RegistryBackend, image: Reference, credentials: Credentials) -> None:
        await self._push(backend, image, credentials)
        with pytest.raises(NotFound):
            await self._read(backend, image, _described(b"missing", OCI_LAYER), credentials)

    @pytest.mark.anyio
    async def test_a_blob_of_another_size_is_refused(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        await self._push(backend, image, credentials)
        wrong = Descriptor(OCI_LAYER, digest_of(_LAYER), len(_LAYER) - 7)
        with pytest.raises((DataLoss, Unavailable)):
            await self._read(backend, image, wrong, credentials)

    @pytest.mark.anyio
    async def test_leaving_a_fetch_early_leaves_the_backend_usable(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        await self._push(backend, image, credentials)
        layer = _described(_LAYER, OCI_LAYER)
        async with backend.fetch(image, layer, credentials) as chunks:
            assert await anext(chunks)
        assert await self._read(backend, image, layer, credentials) == _LAYER

    @pytest.mark.anyio
    async def test_a_blob_that_is_there_is_not_sent_again(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        layer = _described(content := os.urandom(1000), OCI_LAYER)
        assert await backend.push_blob(image, layer, _pieces(content), credentials)
        assert not await backend.push_blob(image, layer, _pieces(content), credentials)

    @pytest.mark.anyio
    async def test_a_blob_of_another_repository_is_mounted(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        await self._push(backend, image, credentials)
        other = Reference(image.domain, f"{image.path}-mounted", "one")
        layer = _described(_LAYER, OCI_LAYER)
        assert not await backend.push_blob(other, layer, _pieces(_LAYER), credentials, mount_from=(image,))
        assert await self._read(backend, other, layer, credentials) == _LAYER

    @pytest.mark.anyio
    async def test_it_tells_whether_it_has_a_blob(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        layer = _described(content := os.urandom(1000), OCI_LAYER)
        assert not await backend.has_blob(image, layer, credentials)
        await backend.push_blob(image, layer, _pieces(content), credentials)
        if not await backend.has_blob(image, layer, credentials):
            pytest.skip("the backend cannot tell")
        other = Reference(image.domain, f"{image.path}-other", "one")
        assert await backend.has_blob(other, layer, credentials, mount_from=(image,))
        assert await self._read(backend, other, layer, credentials) == content
        missing = _described(b"missing", OCI_LAYER)
        assert not await backend.has_blob(other, missing, credentials, mount_from=(image,))

    @pytest.mark.anyio
    async def test_a_blob_that_is_not_its_digest_is_refused(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        with pytest.raises(EngineError):
            await backend.push_blob(image, Descriptor(OCI_LAYER, digest_of(b"x"), 5), _pieces(b"other"), credentials)

    @pytest.mark.anyio
    async def test_a_manifest_whose_blobs_are_missing_is_refused(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        manifest = Manifest(config=_described(b"{}", OCI_CONFIG), layers=(_described(b"missing", OCI_LAYER),))
        with pytest.raises(EngineError):
            await backend.push_manifest(image, msgspec.json.encode(manifest), OCI_MANIFEST, credentials)
        with pytest.raises(NotFound):
            await backend.resolve(image, credentials)

    @pytest.mark.anyio
    async def test_a_tag_stands_for_what_was_pushed_last(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        first = await self._push(backend, image, credentials)
        second = msgspec.json.encode(Manifest(config=_described(_CONFIG, OCI_CONFIG), layers=()))
        await backend.push_manifest(image, second, OCI_MANIFEST, credentials)
        assert (await backend.resolve(image, credentials)).content == second
        by_digest = Reference(image.domain, image.path, None, digest_of(first))
        assert (await backend.resolve(by_digest, credentials)).content == first

    @pytest.mark.anyio
    async def test_an_index_is_pushed_after_its_manifests(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        manifest = await self._push(backend, image, credentials)
        index = msgspec.json.encode(Index(manifests=(_described(manifest, OCI_MANIFEST),)))
        await backend.push_manifest(image, index, OCI_INDEX, credentials)
        resolved = await backend.resolve(image, credentials)
        assert (resolved.content, resolved.descriptor.media_type) == (index, OCI_INDEX)

    @pytest.mark.anyio
    async def test_pushes_of_several_tags_at_once_lose_none(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        manifest = await self._push(backend, image, credentials)
        tags = [f"t{number}" for number in range(8)]
        async with anyio.create_task_group() as group:
            for tag in tags:
                group.start_soon(
                    backend.push_manifest, Reference(image.domain, image.path, tag), manifest, OCI_MANIFEST, credentials
                )
        for tag in tags:
            assert (await backend.resolve(Reference(image.domain, image.path, tag), credentials)).content == manifest

    @pytest.mark.anyio
    async def test_the_hosts_it_claims_can_begin_a_reference(self, backend: RegistryBackend) -> None:
        assert [host for host in backend.hosts if parse_reference(f"{host}/name").domain != host] == []

    @pytest.mark.anyio
    async def test_the_registry_takes_the_credentials(
        self, backend: RegistryBackend, image: Reference, credentials: Credentials
    ) -> None:
        login = Credentials(username=credentials.username, password=credentials.password, server_address=image.domain)
        assert isinstance(await backend.authenticate(login), str)
