"""The four workflows of the distribution-spec: pull, push, content discovery, content management."""

import os

import httpx
import msgspec
import pytest

from sdk.oci.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor, Platform
from sdk.oci.digest import digest_of
from sdk.oci.image import Index, Manifest
from sdk.testing.images import MadeImage, make_image, make_tar

pytestmark = [pytest.mark.privileged, pytest.mark.anyio]

CHUNKED = {"Content-Type": "application/octet-stream"}
ABSENT = "sha256:" + "0" * 64


def described(content: bytes, media_type: str) -> Descriptor:
    return Descriptor(media_type, digest_of(content), len(content))


async def push_blob(client: httpx.AsyncClient, name: str, content: bytes) -> None:
    reply = await client.post(f"/v2/{name}/blobs/uploads/", params={"digest": digest_of(content)}, content=content)
    assert reply.status_code == 201, reply.text


async def push(client: httpx.AsyncClient, name: str, reference: str, image: MadeImage) -> httpx.Response:
    for _descriptor, content in image.blobs:
        await push_blob(client, name, content)
    return await put_manifest(client, name, reference, image.manifest)


async def put_manifest(
    client: httpx.AsyncClient, name: str, reference: str, content: bytes, kind: str = OCI_MANIFEST
) -> httpx.Response:
    return await client.put(f"/v2/{name}/manifests/{reference}", content=content, headers={"Content-Type": kind})


def artifact(subject: Descriptor | None = None, kind: str = "application/vnd.test", **annotations: str) -> bytes:
    return msgspec.json.encode(
        Manifest(
            config=described(b"{}", "application/vnd.oci.empty.v1+json"),
            layers=(),
            artifact_type=kind,
            annotations=annotations,
            subject=subject if subject else msgspec.UNSET,
        )
    )


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["errors"][0]["code"]


# Pull -----------------------------------------------------------------------------------------------------------------


async def test_pull(client):
    image = make_image([make_tar({"file": os.urandom(3 << 20)})])
    assert (await push(client, "team/app", "one", image)).status_code == 201
    assert (await client.get("/v2/")).status_code == 200
    for reference in ("one", image.descriptor.digest):
        for method in ("GET", "HEAD"):
            reply = await client.request(method, f"/v2/team/app/manifests/{reference}")
            assert reply.status_code == 200
            assert reply.headers["Docker-Content-Digest"] == image.descriptor.digest
            assert reply.headers["Content-Type"] == OCI_MANIFEST
            assert int(reply.headers["Content-Length"]) == len(image.manifest)
            assert reply.content == (image.manifest if method == "GET" else b"")
    for descriptor, content in image.blobs:
        head = await client.head(f"/v2/team/app/blobs/{descriptor.digest}")
        assert (head.status_code, int(head.headers["Content-Length"])) == (200, len(content))
        assert (await client.get(f"/v2/team/app/blobs/{descriptor.digest}")).content == content


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("bytes=0-0", 0, 1), ("bytes=5-", 5, 10), ("bytes=-3", 7, 10), ("bytes=8-100", 8, 10)]
)
async def test_a_part_of_a_blob(client, asked: str, start: int, end: int):
    await push_blob(client, "a", b"0123456789")
    reply = await client.get(f"/v2/a/blobs/{digest_of(b'0123456789')}", headers={"Range": asked})
    assert (reply.status_code, reply.content) == (206, b"0123456789"[start:end])
    assert reply.headers["Content-Range"] == f"bytes {start}-{end - 1}/10"


async def test_a_part_beyond_the_end_is_refused_and_an_unknown_unit_ignored(client):
    await push_blob(client, "a", b"0123456789")
    path = f"/v2/a/blobs/{digest_of(b'0123456789')}"
    assert (await client.get(path, headers={"Range": "bytes=10-"})).status_code == 416
    assert (await client.get(path, headers={"Range": "lines=1-2"})).status_code == 200


async def test_what_is_not_there(client):
    assert code(await client.get("/v2/a/manifests/none")) == (404, "MANIFEST_UNKNOWN")
    assert code(await client.get(f"/v2/a/manifests/{ABSENT}")) == (404, "MANIFEST_UNKNOWN")
    assert code(await client.get(f"/v2/a/blobs/{ABSENT}")) == (404, "BLOB_UNKNOWN")
    assert code(await client.get("/v2/a/blobs/sha256:short"))[0] == 400
    assert code(await client.get("/v2/a/tags/list")) == (404, "NAME_UNKNOWN")
    assert code(await client.get("/v2/Not/manifests/x")) == (400, "NAME_INVALID")
    assert (await client.head("/v2/a/manifests/none")).status_code == 404


# Push -----------------------------------------------------------------------------------------------------------------


async def test_an_upload_in_two_steps(client):
    content = os.urandom(100_000)
    begun = await client.post("/v2/a/blobs/uploads/")
    assert begun.status_code == 202
    done = await client.put(begun.headers["Location"], params={"digest": digest_of(content)}, content=content)
    assert (done.status_code, done.headers["Location"]) == (201, f"/v2/a/blobs/{digest_of(content)}")
    assert (await client.get(done.headers["Location"])).content == content


async def test_an_upload_in_chunks_goes_on_where_it_stopped(client):
    content = os.urandom(3 << 20)
    location = (await client.post("/v2/a/blobs/uploads/")).headers["Location"]
    half = len(content) // 2

    async def chunk(start: int, end: int) -> httpx.Response:
        headers = {**CHUNKED, "Content-Range": f"{start}-{end - 1}"}
        return await client.patch(location, content=content[start:end], headers=headers)

    first = await chunk(0, half)
    assert (first.status_code, first.headers["Range"]) == (202, f"0-{half - 1}")
    wrong = await chunk(half + 1, len(content))
    assert (wrong.status_code, wrong.headers["Range"]) == (416, f"0-{half - 1}")
    told = await client.get(location)
    assert (told.status_code, told.headers["Range"]) == (204, f"0-{half - 1}")
    assert (await chunk(half, len(content))).status_code == 202
    assert (await client.put(location, params={"digest": digest_of(content)})).status_code == 201
    assert (await client.get(f"/v2/a/blobs/{digest_of(content)}")).content == content
    assert code(await client.get(location)) == (404, "BLOB_UPLOAD_UNKNOWN")


async def test_a_streamed_upload_without_ranges(client):
    async def pieces():
        yield b"one "
        yield b"two"

    location = (await client.post("/v2/a/blobs/uploads/")).headers["Location"]
    assert (await client.patch(location, content=pieces())).headers["Range"] == "0-6"
    assert (await client.put(location, params={"digest": digest_of(b"one two")})).status_code == 201


async def test_a_wrong_digest_leaves_nothing(client, blobs_directory):
    location = (await client.post("/v2/a/blobs/uploads/")).headers["Location"]
    assert code(await client.put(location, params={"digest": digest_of(b"x")}, content=b"y")) == (400, "DIGEST_INVALID")
    assert code(await client.put(location, params={"digest": digest_of(b"y")}, content=b"y")) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert list(blobs_directory.iterdir()) == []
    assert list((blobs_directory.parents[1] / "ingest").iterdir()) == []


async def test_a_cancelled_upload_leaves_nothing(client, blobs_directory):
    location = (await client.post("/v2/a/blobs/uploads/")).headers["Location"]
    await client.patch(location, content=b"x")
    assert (await client.delete(location)).status_code == 204
    assert list((blobs_directory.parents[1] / "ingest").iterdir()) == []


async def test_a_blob_is_mounted_from_another_repository(client):
    await push_blob(client, "a", b"shared")
    reply = await client.post("/v2/b/blobs/uploads/", params={"mount": digest_of(b"shared"), "from": "a"})
    assert (reply.status_code, reply.headers["Location"]) == (201, f"/v2/b/blobs/{digest_of(b'shared')}")
    other = await client.post("/v2/b/blobs/uploads/", params={"mount": ABSENT, "from": "a"})
    assert other.status_code == 202
    await client.delete(other.headers["Location"])


async def test_a_manifest_needs_its_blobs(client):
    image = make_image([make_tar({"file": b"x"})])
    assert code(await put_manifest(client, "a", "one", image.manifest)) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert code(await put_manifest(client, "a", "one", b"no json")) == (400, "MANIFEST_INVALID")
    assert code(await put_manifest(client, "a", ABSENT, image.manifest)) == (400, "MANIFEST_INVALID")
    assert code(await put_manifest(client, "a", "one", image.manifest, OCI_INDEX)) == (400, "MANIFEST_INVALID")


async def test_an_image_whose_layers_are_not_what_it_says_is_kept_but_is_no_image_of_the_engine(client, rooms):
    good, other = make_image([make_tar({"file": b"x"})]), make_image([make_tar({"file": b"other"})])
    lying = msgspec.json.encode(Manifest(config=good.blobs[0][0], layers=(other.blobs[1][0],)))
    for _descriptor, content in (*good.blobs, *other.blobs):
        await push_blob(client, "a", content)
    assert (await put_manifest(client, "a", "one", lying)).status_code == 201
    assert (await client.get("/v2/a/manifests/one")).content == lying
    assert list(rooms.store) == []


async def test_what_is_pushed_is_an_image_of_the_engine(client, rooms):
    image = make_image([make_tar({"file": b"x"})])
    await push(client, "team/app", "one", image)
    info = await rooms.images.inspect("team/app:one")
    assert (info.id, info.tags) == (image.id, ("team/app:one",))
    assert info.digests == (f"team/app@{image.descriptor.digest}",)


async def test_an_index_stands_for_this_machines_image(client, rooms):
    here = make_image([make_tar({"file": b"here"})])
    there = make_image([make_tar({"file": b"there"})], platform=Platform(architecture="riscv64"))
    for image in (here, there):
        await push(client, "a", image.descriptor.digest, image)
    entries = tuple(
        msgspec.structs.replace(image.descriptor, platform=platform)
        for image, platform in ((here, Platform(architecture="amd64")), (there, Platform(architecture="riscv64")))
    )
    index = msgspec.json.encode(Index(manifests=entries))
    assert (await put_manifest(client, "a", "multi", index, OCI_INDEX)).status_code == 201
    assert (await client.get("/v2/a/manifests/multi")).content == index
    assert (await rooms.images.inspect("a:multi")).id == here.id
    await rooms.images.prune({})
    assert (await client.get(f"/v2/a/manifests/{there.descriptor.digest}")).content == there.manifest
    assert (await client.head(f"/v2/a/blobs/{there.blobs[1][0].digest}")).status_code == 200
    await rooms.images.remove("a:multi")
    assert rooms.store.content.digests() == frozenset()


# Content discovery ----------------------------------------------------------------------------------------------------


async def test_tags_page_by_page(client):
    image = make_image([make_tar({"file": b"x"})])
    for tag in ("c", "a", "b", "d"):
        await push(client, "team/app", tag, image)
    assert (await client.get("/v2/team/app/tags/list")).json() == {"name": "team/app", "tags": ["a", "b", "c", "d"]}
    first = await client.get("/v2/team/app/tags/list", params={"n": "3"})
    assert first.json()["tags"] == ["a", "b", "c"]
    following = await client.get(first.links["next"]["url"])
    assert (following.json()["tags"], "Link" in following.headers) == (["d"], False)
    assert (await client.get("/v2/team/app/tags/list", params={"n": "0"})).json()["tags"] == []
    assert (await client.get("/v2/_catalog")).json() == {"repositories": ["team/app"]}


async def test_referrers(client, rooms):
    image = make_image([make_tar({"file": b"x"})])
    await push(client, "a", "one", image)
    await push_blob(client, "a", b"{}")
    signature = artifact(image.descriptor, "application/vnd.signature", signer="me")
    pushed = await put_manifest(client, "a", digest_of(signature), signature)
    assert (pushed.status_code, pushed.headers["OCI-Subject"]) == (201, image.descriptor.digest)
    other = artifact(image.descriptor, "application/vnd.other")
    await put_manifest(client, "a", digest_of(other), other)
    path = f"/v2/a/referrers/{image.descriptor.digest}"
    everything = await client.get(path)
    assert everything.headers["Content-Type"] == OCI_INDEX
    assert len(everything.json()["manifests"]) == 2
    filtered = await client.get(path, params={"artifactType": "application/vnd.signature"})
    assert filtered.headers["OCI-Filters-Applied"] == "artifactType"
    (entry,) = filtered.json()["manifests"]
    assert (entry["digest"], entry["artifactType"], entry["annotations"]) == (
        digest_of(signature), "application/vnd.signature", {"signer": "me"},
    )  # fmt: skip
    assert (await client.get(f"/v2/a/referrers/{ABSENT}")).json()["manifests"] == []


# Content management ---------------------------------------------------------------------------------------------------


async def test_deleting_a_tag_then_the_manifest_with_the_rest(client, rooms):
    image = make_image([make_tar({"file": b"x"})])
    for tag in ("one", "two", "three"):
        await push(client, "a", tag, image)
    assert (await client.delete("/v2/a/manifests/one")).status_code == 202
    assert code(await client.get("/v2/a/manifests/one")) == (404, "MANIFEST_UNKNOWN")
    assert (await client.get("/v2/a/manifests/two")).status_code == 200
    assert (await client.delete(f"/v2/a/manifests/{image.descriptor.digest}")).status_code == 202
    for gone in ("two", image.descriptor.digest):
        assert (await client.get(f"/v2/a/manifests/{gone}")).status_code == 404
    assert (await client.delete("/v2/a/manifests/two")).status_code == 404
    assert rooms.store.content.digests() == frozenset()
    assert list(rooms.store) == []


async def test_an_artifact_is_kept_until_it_is_deleted(client, rooms):
    await push_blob(client, "a", b"{}")
    await put_manifest(client, "a", "sig", artifact())
    await rooms.images.prune({})
    assert (await client.get("/v2/a/manifests/sig")).content == artifact()
    assert (await client.get("/v2/a/tags/list")).json()["tags"] == ["sig"]
    assert (await client.delete(f"/v2/a/manifests/{digest_of(artifact())}")).status_code == 202
    assert (await client.get("/v2/a/manifests/sig")).status_code == 404
    assert rooms.store.content.digests() == frozenset()


async def test_a_blob_is_deleted_unless_it_is_needed(client):
    image = make_image([make_tar({"file": b"x"})])
    await push(client, "a", "one", image)
    layer = f"/v2/a/blobs/{image.blobs[1][0].digest}"
    assert (await client.delete(layer)).status_code == 409
    await push_blob(client, "a", b"loose")
    loose = f"/v2/a/blobs/{digest_of(b'loose')}"
    assert [(await client.request(method, loose)).status_code for method in ("DELETE", "GET", "DELETE")] == [202, 404, 404]


async def test_a_pushed_blob_outlives_a_collection_until_its_manifest_comes(client, rooms):
    image = make_image([make_tar({"file": b"x"})])
    for _descriptor, content in image.blobs:
        await push_blob(client, "a", content)
    await rooms.images.prune({})
    assert (await put_manifest(client, "a", "one", image.manifest)).status_code == 201


# Beside the engine ----------------------------------------------------------------------------------------------------


async def test_tags_follow_what_the_engine_does(client, rooms):
    one, two = (make_image([make_tar({"file": content})]) for content in (b"1", b"2"))
    await push(client, "a", "one", one)
    await push(client, "a", "two", two)
    await rooms.images.tag("a:two", "a", "one")
    assert (await client.get("/v2/a/manifests/one")).content == two.manifest
    await rooms.images.remove("a:one")
    assert (await client.get("/v2/a/manifests/one")).status_code == 404
    await push_blob(client, "a", b"{}")
    await put_manifest(client, "a", "two", artifact())
    assert (await client.get("/v2/a/manifests/two")).content == artifact()
    assert not rooms.store.references.get(next(iter([name for name in rooms.store.references if name.tag == "two"]), None))


async def test_a_pulled_image_is_served_under_its_index(client, rooms, hub, docker_registry):
    from sdk.oci.descriptor import host
    from sdk.oci.reference import parse_reference
    from sdk.testing.images import push_index

    name = f"{docker_registry.address}/pulled:one"
    index = await push_index(hub, parse_reference(name), {host(): make_image([make_tar({"file": os.urandom(10)})])})
    await rooms.pull(name)
    reply = await client.get("/v2/pulled/manifests/one", params={"ns": docker_registry.address})
    assert (reply.headers["Docker-Content-Digest"], reply.headers["Content-Type"]) == (index.digest, OCI_INDEX)
    by_digest = await client.get(f"/v2/pulled/manifests/{index.digest}", params={"ns": docker_registry.address})
    assert by_digest.content == reply.content
