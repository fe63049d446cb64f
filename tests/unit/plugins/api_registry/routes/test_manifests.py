"""Manifests in and out."""

import json

import pytest

from plugins.api_registry.routes.manifests import LONGEST
from sdk.oci.descriptor import OCI_MANIFEST
from sdk.oci.digest import digest_of
from tests.unit.plugins.api_registry.conftest import Registry

pytestmark = pytest.mark.anyio

INDEX = "application/vnd.oci.image.index.v1+json"
SUBJECT = "sha256:" + "a" * 64


async def test_a_manifest_is_found_by_tag_and_by_digest(registry: Registry) -> None:
    body = b'{"manifests": []}'
    put = await registry.ask("PUT", "/v2/a/b/manifests/1", body, content_type=f"{INDEX}; charset=utf-8")
    digest = digest_of(body)
    assert (put.status_code, put.headers["location"]) == (201, f"/v2/a/b/manifests/{digest}")
    for reference in ("1", digest):
        reply = await registry.ask("GET", f"/v2/a/b/manifests/{reference}")
        assert (reply.content, reply.headers["content-type"], reply.headers["docker-content-digest"]) == (body, INDEX, digest)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ({"digest": SUBJECT}, SUBJECT),
        (None, None),
        (5, None),
        ([], None),
        ({"digest": 5}, None),
        ({"digest": "sha256:1"}, None),
        ({"digest": SUBJECT + "\r\nX-Evil: 1"}, None),
        ({"digest": "\u2603"}, None),
    ],
)
async def test_what_a_manifest_refers_to_is_told(registry: Registry, subject: object, told: str | None) -> None:
    """What is no digest made a header that is none, or a 500 after the manifest had been taken."""
    body = json.dumps({"manifests": [], "subject": subject}).encode()
    reply = await registry.ask("PUT", "/v2/a/manifests/1", body, content_type=INDEX)
    assert (reply.status_code, reply.headers.get("oci-subject"), reply.headers.get("x-evil")) == (201, told, None)


@pytest.mark.parametrize("body", [b"\xff", b'{"subject": ' + b"[" * 100_000])
async def test_a_manifest_that_the_engine_takes_needs_no_subject_that_can_be_read(registry: Registry, body: bytes) -> None:
    assert (await registry.ask("PUT", "/v2/a/manifests/1", body, content_type=INDEX)).status_code == 201


async def test_a_manifest_needs_its_blobs(registry: Registry) -> None:
    config = await registry.add(b"{}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "x", "digest": SUBJECT, "size": 1}],
    }
    reply = await registry.ask("PUT", "/v2/a/manifests/1", json.dumps(manifest).encode(), content_type=OCI_MANIFEST)
    assert (reply.status_code, await registry.code(reply)) == (404, "MANIFEST_BLOB_UNKNOWN")


async def test_a_manifest_has_a_limit(registry: Registry) -> None:
    fitting = b'{"manifests": []' + b" " * (LONGEST - 17) + b"}"
    assert (await registry.ask("PUT", "/v2/a/manifests/1", fitting, content_type=INDEX)).status_code == 201
    reply = await registry.ask("PUT", "/v2/a/manifests/1", fitting + b" ", content_type=INDEX)
    assert (reply.status_code, await registry.code(reply)) == (413, "SIZE_INVALID")


@pytest.mark.parametrize("reference", ["-x", "a" * 129, "a%2Bb", "sha256:1", "md5:" + "0" * 32])
async def test_a_reference_is_a_tag_or_a_digest(registry: Registry, reference: str) -> None:
    for method in ("GET", "DELETE", "PUT"):
        reply = await registry.ask(method, f"/v2/a/manifests/{reference}")
        assert (reply.status_code, await registry.code(reply)) == (400, "MANIFEST_INVALID")


async def test_a_tag_goes_alone_and_a_digest_with_its_tags(registry: Registry) -> None:
    body = b'{"manifests": []}'
    for tag in ("1", "2"):
        await registry.ask("PUT", f"/v2/a/manifests/{tag}", body, content_type=INDEX)
    assert (await registry.ask("DELETE", "/v2/a/manifests/1")).status_code == 202
    assert (await registry.ask("GET", "/v2/a/manifests/2")).status_code == 200
    assert (await registry.ask("DELETE", f"/v2/a/manifests/{digest_of(body)}")).status_code == 202
    assert (await registry.ask("DELETE", "/v2/a/manifests/2")).status_code == 404
