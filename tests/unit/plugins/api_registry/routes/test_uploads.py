"""Blobs on their way in, by every road."""

import pytest

from sdk.oci.digest import digest_of
from tests.unit.plugins.api_registry.conftest import Registry

pytestmark = pytest.mark.anyio

CONTENT = b"0123456789"
DIGEST = digest_of(CONTENT)


async def begun(registry: Registry) -> str:
    reply = await registry.ask("POST", "/v2/a/blobs/uploads/")
    assert (reply.status_code, reply.headers["range"]) == (202, "0-0")
    return str(reply.headers["location"])


async def test_a_blob_comes_at_once(registry: Registry) -> None:
    reply = await registry.ask("POST", f"/v2/a/blobs/uploads/?digest={DIGEST}", CONTENT)
    assert (reply.status_code, reply.headers["location"]) == (201, f"/v2/a/blobs/{DIGEST}")
    assert (await registry.ask("GET", f"/v2/a/blobs/{DIGEST}")).content == CONTENT


async def test_a_blob_comes_in_chunks(registry: Registry) -> None:
    place = await begun(registry)
    first = await registry.ask("PATCH", place, CONTENT[:4], content_range="0-3")
    assert (first.status_code, first.headers["range"]) == (202, "0-3")
    assert (await registry.ask("GET", place)).headers["range"] == "0-3"
    await registry.ask("PATCH", place, CONTENT[4:7], content_range="bytes 4-6/10")
    last = await registry.ask("PUT", f"{place}?digest={DIGEST}", CONTENT[7:], content_range="7-9")
    assert last.status_code == 201
    assert (await registry.ask("GET", place)).status_code == 404


@pytest.mark.parametrize("told", ["0-3", "5-8", "4-6", "4", "-", "bytes", "8-4", "9" * 5000 + "-1"])
async def test_a_chunk_goes_on_where_the_last_one_ended(registry: Registry, told: str) -> None:
    place = await begun(registry)
    await registry.ask("PATCH", place, CONTENT[:4])
    reply = await registry.ask("PATCH", place, CONTENT[4:8], content_range=told)
    assert (reply.status_code, await registry.code(reply)) == (416, "BLOB_UPLOAD_INVALID")
    assert reply.headers["range"] == "0-3"
    assert (await registry.ask("PUT", f"{place}?digest={DIGEST}", CONTENT[4:])).status_code == 201


async def test_a_wrong_digest_ends_the_upload(registry: Registry) -> None:
    for wrong in (digest_of(b"other"), "sha256:1", "x"):
        place = await begun(registry)
        reply = await registry.ask("PUT", f"{place}?digest={wrong}", CONTENT)
        assert (reply.status_code, await registry.code(reply)) == (400, "DIGEST_INVALID")
        assert (await registry.ask("GET", place)).status_code == 404


async def test_a_last_chunk_needs_a_digest_and_without_one_may_come_again(registry: Registry) -> None:
    place = await begun(registry)
    reply = await registry.ask("PUT", place, CONTENT)
    assert (reply.status_code, await registry.code(reply)) == (400, "DIGEST_INVALID")
    assert (await registry.ask("PUT", f"{place}?digest={DIGEST}", CONTENT)).status_code == 201


async def test_a_blob_that_is_here_is_mounted_and_another_has_to_come(registry: Registry) -> None:
    await registry.add(CONTENT)
    mounted = await registry.ask("POST", f"/v2/b/blobs/uploads/?mount={DIGEST}&from=a")
    assert (mounted.status_code, mounted.headers["docker-content-digest"]) == (201, DIGEST)
    for missing in (digest_of(b"other"), "x"):
        assert (await registry.ask("POST", f"/v2/b/blobs/uploads/?mount={missing}&from=a")).status_code == 202


async def test_an_upload_is_cancelled_once(registry: Registry) -> None:
    place = await begun(registry)
    assert [(await registry.ask("DELETE", place)).status_code for _ in range(2)] == [204, 404]
    assert (await registry.ask("PATCH", place, b"x")).status_code == 404
