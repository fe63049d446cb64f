"""Content by the names and digests of the distribution-spec."""

from pathlib import Path

import msgspec
import pytest

from core.engine.images.content.service import ContentService
from sdk.errors import Conflict, InvalidArgument, NotFound
from sdk.oci.descriptor import OCI_CONFIG, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference
from tests.unit.core.engine.images.contexts import Images, open_images

pytestmark = pytest.mark.anyio

APP, OTHER = parse_reference("host:5000/app:1"), parse_reference("host:5000/other:1")
CONFIG = Descriptor(OCI_CONFIG, digest_of(b"{}"), 2)
MANIFEST = msgspec.json.encode({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": CONFIG, "layers": []})
SIGNATURE = msgspec.json.encode(
    {"schemaVersion": 2, "config": CONFIG, "layers": [], "subject": Descriptor(OCI_MANIFEST, digest_of(MANIFEST), len(MANIFEST))}
)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return open_images(tmp_path)


@pytest.fixture
async def service(images: Images) -> ContentService:
    made = ContentService(images.context)
    await push(made, APP, MANIFEST)
    return made


async def push(service: ContentService, name, content: bytes) -> Descriptor:
    upload = await service.upload()
    await upload.write(b"{}")
    await upload.commit(CONFIG.digest)
    return await service.put_manifest(name, content, "")


def by_digest(content: bytes, name: str = "host:5000/app"):
    return parse_reference(f"{name}@{digest_of(content)}")


async def test_what_was_pushed_is_there_by_its_tag_and_its_digest(service: ContentService) -> None:
    assert await service.repositories() == ["host:5000/app"]
    assert await service.tags(APP) == ["1"]
    for name in (APP, by_digest(MANIFEST)):
        assert (await service.manifest(name)).content == MANIFEST
    assert await service.blob(CONFIG.digest) == 2
    assert b"".join([chunk async for chunk in service.read_blob(CONFIG.digest, offset=1)]) == b"}"
    with pytest.raises(NotFound, match="repository name not known to registry: host:5000/other"):
        await service.tags(OTHER)
    with pytest.raises(NotFound, match="manifest unknown: host:5000/app@"):
        await service.manifest(by_digest(b"x"))


async def test_images_of_the_engine_are_repositories_too(service: ContentService, images: Images) -> None:
    await images.add("a", "user/app:1")
    assert await service.repositories() == ["docker.io/user/app", "host:5000/app"]
    assert await service.tags(parse_reference("user/app")) == ["1"]


async def test_a_manifest_must_be_what_its_digest_says(service: ContentService) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await service.put_manifest(by_digest(b"other"), MANIFEST, "")
    assert refused.value.message == f"the manifest is not what {digest_of(b'other')} names"
    assert (await service.put_manifest(by_digest(MANIFEST, "host:5000/other"), MANIFEST, "")).digest == digest_of(MANIFEST)


async def test_an_uploaded_blob_is_held_until_a_manifest_names_it(service: ContentService, images: Images) -> None:
    upload = await service.upload()
    await upload.write(b"new")
    await upload.commit(digest_of(b"new"))
    assert images.context.store.content.pins.held == {digest_of(b"new")}
    await service.blob(CONFIG.digest, keep=True)
    assert CONFIG.digest in images.context.store.content.pins.held
    await service.put_manifest(APP, MANIFEST, "")
    assert images.context.store.content.pins.held == {digest_of(b"new")}


async def test_what_refers_to_a_manifest(service: ContentService) -> None:
    subject = digest_of(MANIFEST)
    assert await service.referrers(APP, subject) == []
    await push(service, by_digest(SIGNATURE), SIGNATURE)
    await push(service, by_digest(SIGNATURE, "host:5000/other"), SIGNATURE)
    (found,) = await service.referrers(APP, subject)
    assert (found.digest, found.artifact_type) == (digest_of(SIGNATURE), OCI_CONFIG)


async def test_a_tag_goes_and_its_manifest_stays(service: ContentService) -> None:
    await service.delete_manifest(APP)
    assert (await service.manifest(by_digest(MANIFEST))).content == MANIFEST
    with pytest.raises(NotFound):
        await service.delete_manifest(APP)


async def test_a_manifest_goes_with_all_its_tags(service: ContentService, images: Images) -> None:
    await service.put_manifest(parse_reference("host:5000/app:2"), MANIFEST, "")
    await service.delete_manifest(by_digest(MANIFEST))
    assert await service.repositories() == []
    assert images.context.store.content.digests() == frozenset()


async def test_an_images_tag_goes_as_rmi_takes_it(service: ContentService, images: Images) -> None:
    await images.add("a", "host:5000/img:1", "host:5000/img:2")
    await service.delete_manifest(parse_reference("host:5000/img:1"))
    assert await service.tags(parse_reference("host:5000/img")) == ["2"]
    images.use("a")
    with pytest.raises(Conflict, match="is using its referenced image"):
        await service.delete_manifest(parse_reference("host:5000/img:2"))
    assert images.left() == {"a"}


async def test_a_blob_goes_unless_something_needs_it(service: ContentService, images: Images) -> None:
    with pytest.raises(Conflict) as refused:
        await service.delete_blob(CONFIG.digest)
    assert refused.value.message == f"{CONFIG.digest} is in use"
    free = await images.context.store.content.put(b"free")
    await service.delete_blob(free)
    with pytest.raises(NotFound):
        await service.delete_blob(free)
