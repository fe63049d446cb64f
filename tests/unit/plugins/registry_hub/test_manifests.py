"""Manifests as registries serve them."""

import json

import httpx
import pytest

from plugins.registry_hub.manifests import read_manifest
from plugins.registry_hub.replies import Reply
from sdk.errors import DataLoss, InvalidArgument, Unavailable
from sdk.oci.descriptor import DOCKER_INDEX, DOCKER_MANIFEST, DOCKER_MANIFEST_V1_SIGNED, OCI_INDEX, OCI_MANIFEST
from sdk.oci.digest import digest_of
from sdk.oci.reference import parse_reference

APP = parse_reference("r.example/app:1")


def reply(content: bytes, served: str = "") -> Reply:
    headers = httpx.Headers({"Content-Type": served} if served else {})
    return Reply(200, httpx.URL("https://r.example/v2/app/manifests/1"), headers, content)


def document(**fields: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


@pytest.mark.parametrize(
    ("content", "served", "kind"),
    [
        (document(mediaType=OCI_MANIFEST, config={}), OCI_MANIFEST, OCI_MANIFEST),
        (document(config={}), DOCKER_MANIFEST, DOCKER_MANIFEST),
        (document(config={}), f"{OCI_MANIFEST}; charset=utf-8", OCI_MANIFEST),
        (document(mediaType=OCI_INDEX, manifests=[]), DOCKER_INDEX, OCI_INDEX),
        (document(mediaType="strange", config={}), OCI_MANIFEST, OCI_MANIFEST),
        (document(config={}), "application/json", OCI_MANIFEST),
        (document(manifests=[]), "", OCI_INDEX),
        (document(manifests=[], config={}), "", OCI_INDEX),
        (document(config={}), "x" * 10_000, OCI_MANIFEST),
    ],
)
def test_the_type_is_what_the_document_says_before_what_the_registry_says(content: bytes, served: str, kind: str) -> None:
    found = read_manifest(APP, reply(content, served))
    assert (found.descriptor.media_type, found.descriptor.digest, found.descriptor.size) == (kind, digest_of(content), len(content))
    assert found.content == content


@pytest.mark.parametrize(
    ("content", "served", "error", "message"),
    [
        (document(schemaVersion=1), "", InvalidArgument, "DEPRECATION NOTICE"),
        (document(config={}), DOCKER_MANIFEST_V1_SIGNED, InvalidArgument, "DEPRECATION NOTICE"),
        (document(), "text/\u2603", InvalidArgument, "unsupported manifest media type text/"),
        (document(), "", InvalidArgument, "unsupported manifest media type unknown"),
        (b"<html>", "text/html", Unavailable, "unexpected|error|status|invalid"),
        (b"", "", Unavailable, "unexpected|error|status|invalid"),
        (b"\xff", "", Unavailable, "unexpected|error|status|invalid"),
        (b'{"mediaType": "\xff"}', "", Unavailable, "unexpected|error|status|invalid"),
        (b'{"mediaType": 5}', "", Unavailable, "unexpected|error|status|invalid"),
        (b'{"x": ' + b"[" * 20_000, "", Unavailable, "unexpected|error|status|invalid"),
    ],
)
def test_what_is_no_manifest_is_told(content: bytes, served: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read_manifest(
            APP, Reply(200, httpx.URL("https://r.example/"), httpx.Headers([(b"Content-Type", served.encode())]), content)
        )


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_digest_is_verified_by_its_own_algorithm(algorithm: str) -> None:
    content = document(config={})
    named = parse_reference(f"r.example/app@{digest_of(content, algorithm)}")
    assert read_manifest(named, reply(content)).descriptor.digest == named.digest
    with pytest.raises(DataLoss, match="manifest verification failed for digest"):
        read_manifest(named, reply(content + b" "))
