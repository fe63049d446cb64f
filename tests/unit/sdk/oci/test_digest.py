"""Digests and the names of stacks of layers (image-spec), against the values that the specification gives."""

import pytest

from sdk.errors import InvalidArgument
from sdk.oci.digest import Digest, blob_name, chain_id, chain_ids, digest_from, digest_of, hasher, hex_of, is_digest, parse_digest

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_512 = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"


def test_a_digest_is_of_the_algorithm_that_is_asked_for() -> None:
    assert digest_of(b"") == EMPTY
    assert digest_of(b"", EMPTY_512) == EMPTY_512
    assert digest_from(hasher("sha512")) == EMPTY_512


@pytest.mark.parametrize("name", ["", "md5", "sha384:00", "SHA256", "x" * 1000])
def test_an_algorithm_that_is_not_registered(name: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^unsupported digest algorithm: ") as caught:
        hasher(name)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        EMPTY.upper(),
        EMPTY + "0",
        EMPTY[:-1],
        EMPTY + "\n",
        EMPTY.replace("sha256", "sha512"),
        "md5:" + "0" * 32,
        hex_of(EMPTY),
    ],
)
def test_what_is_no_digest(text: str) -> None:
    assert not is_digest(text)
    with pytest.raises(InvalidArgument, match=r"^invalid checksum digest format: "):
        parse_digest(text)


def test_a_blob_lies_below_its_algorithm() -> None:
    assert blob_name(EMPTY) == f"blobs/sha256/{hex_of(EMPTY)}"
    with pytest.raises(InvalidArgument):
        blob_name("sha256:../../x")


def test_the_chain_of_one_layer_is_its_digest_and_each_other_is_of_the_one_below() -> None:
    one, two = Digest(EMPTY), digest_of(b"two")
    assert chain_ids((one,)) == (EMPTY,)
    assert chain_id((one, two)) == digest_of(f"{EMPTY} {two}".encode())
    assert chain_ids((one, two)) == (EMPTY, chain_id((one, two)))
    assert chain_id((one, two)) != chain_id((two, one))
