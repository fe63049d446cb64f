"""In-toto statements that an index attaches to an image: fetched when they are asked for, or brought by an archive."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from sdk.drivers.registry import Credentials, RegistryBackend
from sdk.errors import DataLoss, EngineError, NotFound
from sdk.oci.descriptor import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, Platform, host
from sdk.oci.digest import blob_name, digest_of
from sdk.oci.image import Index, Manifest
from sdk.oci.reference import Reference, parse_reference
from sdk.testing.distribution import RunningRegistry
from sdk.testing.images import MadeImage, make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

PROVENANCE, CONTENTS = "https://slsa.dev/provenance/v1", "https://spdx.dev/Document"
IMAGE = make_image([make_tar({"file": b"attested"})])
STATEMENTS = {
    kind: json.dumps({"_type": "https://in-toto.io/Statement/v1", "predicateType": kind}).encode()
    for kind in (PROVENANCE, CONTENTS)
}


@dataclass(frozen=True)
class Attested:
    """An index of an image and its attestation, as bytes."""

    index: bytes
    manifest: bytes
    blobs: dict[str, bytes]


def described(content: bytes, media_type: str, **more: object) -> Descriptor:
    return Descriptor(media_type, digest_of(content), len(content), **more)


def attested(statements: dict[str, bytes], image: MadeImage = IMAGE) -> Attested:
    layers = tuple(
        described(text, "application/vnd.in-toto+json", annotations={"in-toto.io/predicate-type": kind})
        for kind, text in statements.items()
    )
    manifest = msgspec.json.encode(Manifest(config=described(b"{}", OCI_CONFIG), layers=layers))
    about = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image.descriptor.digest}
    unknown = Platform("unknown", os="unknown")
    entries = (
        msgspec.structs.replace(image.descriptor, platform=host()),
        described(manifest, OCI_MANIFEST, platform=unknown, annotations=about),
    )
    return Attested(
        msgspec.json.encode(Index(manifests=entries)), manifest, {digest_of(text): text for text in (b"{}", *statements.values())}
    )


async def push(hub: RegistryBackend, name: str, made: Attested) -> None:
    async def pieces(content: bytes) -> AsyncIterator[bytes]:
        yield content

    reference, login = parse_reference(name), Credentials()
    await IMAGE.push(hub, Reference(reference.domain, reference.path, None, IMAGE.descriptor.digest))
    for digest, content in made.blobs.items():
        await hub.push_blob(reference, Descriptor("text/plain", digest, len(content)), pieces(content), login)
    exact = Reference(reference.domain, reference.path, None, digest_of(made.manifest))
    await hub.push_manifest(exact, made.manifest, OCI_MANIFEST, login)
    await hub.push_manifest(reference, made.index, OCI_INDEX, login)


@pytest.fixture
async def name(hub: RegistryBackend, docker_registry: RunningRegistry) -> str:
    reference = f"{docker_registry.address}/attested/app:1"
    await push(hub, reference, attested(STATEMENTS))
    return reference


async def load(rooms, made: Attested) -> None:
    named = msgspec.structs.replace(
        described(made.index, OCI_INDEX), annotations={"io.containerd.image.name": "docker.io/library/attested:1"}
    )
    contents = [made.index, made.manifest, *made.blobs.values(), IMAGE.manifest, *(content for _, content in IMAGE.blobs)]
    files = {blob_name(digest_of(content)): content for content in contents}
    files["index.json"] = msgspec.json.encode(Index(manifests=(named,)))

    async def archive() -> AsyncIterator[bytes]:
        yield make_tar(files)

    async for _step in rooms.images.load(archive(), quiet=True):
        pass


async def assert_attested(rooms, name: str) -> None:
    told = await rooms.images.attestations(name)
    assert [(each.predicate_type, each.statement) for each in told] == [(PROVENANCE, None), (CONTENTS, None)]
    told = await rooms.images.attestations(name, types=(CONTENTS,), statements=True, platform=host())
    assert [(each.descriptor.digest, each.statement) for each in told] == [(digest_of(STATEMENTS[CONTENTS]), STATEMENTS[CONTENTS])]
    assert await rooms.images.attestations(name, types=("https://other.test/",)) == []


async def test_those_of_a_pulled_image_are_fetched_when_asked_for(rooms, name: str) -> None:
    await rooms.pull(name)
    await assert_attested(rooms, name)
    manifests = (await rooms.images.inspect(name, manifests=True)).manifests
    assert [(each.kind, each.available, each.subject) for each in manifests] == [
        ("image", True, ""),
        ("attestation", False, IMAGE.descriptor.digest),
    ]


async def test_those_in_an_archive_are_kept_with_the_image(rooms) -> None:
    await load(rooms, attested(STATEMENTS))
    await rooms.images.prune({})
    await assert_attested(rooms, "attested:1")
    assert [each.available for each in (await rooms.images.inspect("attested:1", manifests=True)).manifests] == [True, True]
    await rooms.images.remove("attested:1")
    assert rooms.store.content.digests() == set()


async def test_an_image_without_attestations_has_none(rooms, hub: RegistryBackend, docker_registry: RunningRegistry) -> None:
    plain = f"{docker_registry.address}/attested/plain:1"
    await IMAGE.push(hub, parse_reference(plain))
    await rooms.pull(plain)
    assert await rooms.images.attestations(plain) == []
    with pytest.raises(NotFound, match="does not match the specified platform"):
        await rooms.images.attestations(plain, platform=Platform("s390x"))


@pytest.mark.parametrize("statement", [b"no JSON", b"[]", b"[" * 100_000, b'{"a":"\xff"}'])
async def test_a_statement_that_is_none_is_data_loss(rooms, statement: bytes) -> None:
    await load(rooms, attested({PROVENANCE: statement}))
    with pytest.raises(DataLoss, match="is no JSON object"):
        await rooms.images.attestations("attested:1", statements=True)


async def test_a_registry_that_is_gone_is_said(rooms, name: str) -> None:
    await rooms.pull(name)
    (reference,) = [each for each in rooms.store.references if each.digest]
    rooms.store.tag(IMAGE.id, Reference("127.0.0.1:9", reference.path, None, reference.digest))
    rooms.store.untag(reference)
    with pytest.raises(EngineError, match="connection refused"):
        await rooms.images.attestations(name)


async def test_an_image_tells_where_it_is_from(rooms, name: str) -> None:
    await rooms.pull(name)
    await rooms.images.tag(name, "elsewhere", "1")
    assert (await rooms.images.inspect("elsewhere:1")).origins == (name.rpartition(":")[0],)
    await load(rooms, attested({}))
    assert (await rooms.images.inspect("attested:1")).origins == (name.rpartition(":")[0],)
