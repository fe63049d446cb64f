"""Registries that images came from, asked once more."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from core.engine.repair.sources import Sources, called, remedy
from core.images.receiving.fetcher import Fetcher
from sdk.drivers.registry import RegistryBackend
from sdk.errors import NotFound, Unavailable
from sdk.oci.descriptor import OCI_LAYER, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import Reference
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

DIGEST = digest_of(b"index")
BLOB = Descriptor(OCI_LAYER, digest_of(b"blob"), 4)


class Registry:
    """Content by host; a host that is missing does not answer."""

    def __init__(self, images: Images) -> None:
        self.images, self.hosts, self.asked = images, dict[str, list[bytes]](), list[str]()

    async def fetch(self, repository: Reference, blob: Descriptor, _login: object, _report: object) -> None:
        await self.images.context.store.content.put(self._found(repository, blob.digest), blob.digest)

    async def resolve(self, reference: Reference, _login: object) -> object:
        return SimpleNamespace(content=self._found(reference, str(reference.digest)))

    def _found(self, repository: Reference, digest: str) -> bytes:
        self.asked.append(repository.domain)
        if repository.domain not in self.hosts:
            raise Unavailable("connection refused")
        for content in self.hosts[repository.domain]:
            if digest_of(content, digest) == digest:
                return content
        raise NotFound("unknown")


class World:
    def __init__(self, root: Path) -> None:
        self.images = open_images(root)
        self.registry = Registry(self.images)
        context = replace(self.images.context, fetcher=cast(Fetcher, self.registry), registry=cast(RegistryBackend, self.registry))
        self.sources = Sources(context)
        self.content = context.store.content


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    await made.images.add("a", "one:5000/app:1", f"one:5000/app@{DIGEST}", f"two:5000/app@{DIGEST}")
    return made


async def test_the_first_that_has_it_serves(world: World) -> None:
    world.registry.hosts = {"one:5000": [], "two:5000": [b"blob"]}
    assert await world.sources.blob(world.images.id("a"), BLOB)
    assert world.content.exists(BLOB.digest)
    assert world.registry.asked == ["one:5000", "two:5000"]


async def test_one_that_does_not_answer_is_asked_once(world: World) -> None:
    world.registry.hosts = {"two:5000": [b"blob"]}
    for _ in range(2):
        assert await world.sources.blob(world.images.id("a"), BLOB)
    assert world.registry.asked == ["one:5000", "two:5000", "two:5000"]


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_a_document_is_stored_under_the_digest_that_is_missing(world: World, algorithm: str) -> None:
    digest = digest_of(b"document", algorithm)
    world.registry.hosts = {"one:5000": [b"document"]}
    assert await world.sources.document(world.images.id("a"), digest)
    assert world.content.exists(digest)


async def test_where_none_has_it_it_is_not_there(world: World) -> None:
    world.registry.hosts = {"one:5000": [], "two:5000": []}
    assert not await world.sources.blob(world.images.id("a"), BLOB)
    assert not await world.sources.document(world.images.id("a"), BLOB.digest)
    assert not await world.sources.blob("sha256:unknown", BLOB)


async def test_what_a_person_can_do(world: World) -> None:
    context = world.images.context
    assert remedy(context, world.images.id("a")) == f"docker pull one:5000/app@{DIGEST}"
    await world.images.add("built", "mine:1")
    await world.images.add("none")
    assert remedy(context, world.images.id("built")) == "it came from no registry: load mine:1 again, or build it without cache"
    assert called(context, world.images.id("none")) == world.images.id("none")
