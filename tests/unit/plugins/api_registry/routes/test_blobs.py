"""Blobs, whole and in part."""

import pytest

from sdk.oci.digest import digest_of
from tests.unit.plugins.api_registry.conftest import Registry

pytestmark = pytest.mark.anyio

CONTENT = b"0123456789"


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("", 200, b"0123456789", None),
        ("bytes=0-", 200, b"0123456789", None),
        ("bytes=0-9", 200, b"0123456789", None),
        ("bytes=0-99999", 200, b"0123456789", None),
        ("bytes=3-5", 206, b"345", "bytes 3-5/10"),
        ("bytes=9-", 206, b"9", "bytes 9-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 200, b"0123456789", None),
        ("bytes= 3 - 5", 206, b"345", "bytes 3-5/10"),
        ("bytes=5-3", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        (f"bytes={'9' * 5000}-", 200, b"0123456789", None),
    ],
)
async def test_a_part_of_a_blob(registry: Registry, asked: str, status: int, body: bytes, told: str | None) -> None:
    """A number of 5,000 digits was answered 500."""
    digest = await registry.add(CONTENT)
    headers = {"range": asked} if asked else {}
    reply = await registry.ask("GET", f"/v2/a/blobs/{digest}", **headers)
    assert (reply.status_code, reply.content, reply.headers.get("content-range")) == (status, body, told)
    assert reply.headers["docker-content-digest"] == digest
    head = await registry.ask("HEAD", f"/v2/a/blobs/{digest}", **headers)
    assert (head.status_code, head.content, head.headers["content-length"]) == (status, b"", str(len(body)))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0"])
async def test_a_part_that_is_not_there_is_refused(registry: Registry, asked: str) -> None:
    reply = await registry.ask("GET", f"/v2/a/blobs/{await registry.add(CONTENT)}", range=asked)
    assert (reply.status_code, reply.headers["content-range"]) == (416, "bytes */10")


async def test_a_blob_that_is_not_there_and_a_name_that_is_none(registry: Registry) -> None:
    digest = digest_of(b"other")
    for path, status, code in (
        (f"/v2/a/blobs/{digest}", 404, "BLOB_UNKNOWN"),
        ("/v2/a/blobs/sha256:12", 400, "BLOB_INVALID"),
        (f"/v2/A/blobs/{digest}", 400, "NAME_INVALID"),
    ):
        for method in ("GET", "DELETE"):
            reply = await registry.ask(method, path)
            assert (reply.status_code, await registry.code(reply)) == (status, code)


async def test_a_blob_is_deleted_once(registry: Registry) -> None:
    path = f"/v2/a/blobs/{await registry.add(CONTENT)}"
    assert [(await registry.ask("DELETE", path)).status_code for _ in range(2)] == [202, 404]
