"""Names in an index, and changing one without touching the others."""

import json

import pytest

from plugins.registry_layout.index import EMPTY, Named, entries, with_entry
from sdk.errors import DataLoss
from sdk.oci.descriptor import OCI_MANIFEST, Descriptor

REF, IMAGE = "org.opencontainers.image.ref.name", "io.containerd.image.name"
ONE, TWO = (Descriptor(OCI_MANIFEST, "sha256:" + letter * 64, 5) for letter in "ab")


def index(**annotations: str) -> bytes:
    entry = {"mediaType": OCI_MANIFEST, "digest": ONE.digest, "size": 5, "annotations": annotations or None}
    return json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()


@pytest.mark.parametrize(
    ("annotations", "name"),
    [
        ({}, ("", "")),
        ({REF: "1.0"}, ("", "1.0")),
        ({REF: "app:1.0"}, ("app", "1.0")),
        ({REF: "library/app:1.0"}, ("app", "1.0")),
        ({REF: "r.example/team/app:1.0"}, ("team/app", "1.0")),
        ({REF: "team/app"}, ("team/app", "latest")),
        ({REF: "1.0", IMAGE: "docker.io/library/app:1.0"}, ("app", "1.0")),
        ({REF: "not a reference:"}, ("", "not a reference:")),
        ({REF: "app:1.0", IMAGE: ""}, ("app", "1.0")),
    ],
)
def test_a_manifest_has_a_name(annotations: dict[str, str], name: tuple[str, str]) -> None:
    assert list(entries(index(**annotations))) == [Named(ONE, *name)]


def test_an_index_of_nothing() -> None:
    for content in (EMPTY, b"{}", b'{"manifests": null}'):
        assert list(entries(content)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"manifests": 5}',
        b'{"manifests": [5]}',
        b'{"manifests": [{}]}',
        b'{"manifests": [{"mediaType": "\xff", "digest": "", "size": 1}]}',
        b'{"x": ' + b"[" * 20_000,
        b'{"manifests": [{"x": ' + b"[" * 20_000,
    ],
)
def test_what_is_no_index_is_refused(content: bytes) -> None:
    with pytest.raises(DataLoss, match=r"malformed index\.json"):
        list(entries(content))
    with pytest.raises(DataLoss, match=r"malformed index\.json"):
        with_entry(content, ONE, "1")


def test_a_name_stands_for_one_manifest_and_all_else_stays_byte_for_byte() -> None:
    other = b'{"mediaType":"x","digest":"sha256:1","size":1,"annotations":{"a":"b"},"own":[1,  2.50]}'
    content = b'{"own":{"x":1.50},"manifests":[' + other + b"]}"
    once = with_entry(content, ONE, "1")
    twice = with_entry(with_entry(once, TWO, "2"), TWO, "1")
    assert other in twice
    assert b'"own":{"x":1.50}' in twice
    assert [(entry.tag, entry.descriptor.digest) for entry in entries(twice)][1:] == [("2", TWO.digest), ("1", TWO.digest)]
