"""Content digests (image-spec: descriptor.md "Digests")."""

import hashlib
import re
from typing import NewType

from sdk.errors import InvalidArgument

Digest = NewType("Digest", str)
"""`sha256:` followed by 64 lower-case hex digits, or `sha512:` by 128."""
ChainID = NewType("ChainID", str)
"""Names a stack of layers (image-spec: config.md "Layer ChainID")."""

_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_PATTERN = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST_SHOWN = 140
ALGORITHMS = tuple(_HASHES)
"""The algorithms that the image-spec registers, the usual one first."""


def is_digest(text: str) -> bool:
    """Tell whether a text is a well-formed digest of a registered algorithm."""
    return _PATTERN.fullmatch(text) is not None


def parse_digest(text: str) -> Digest:
    """Return `text` as a digest. Raises InvalidArgument for anything but a well-formed sha256 or sha512 digest."""
    if not is_digest(text):
        raise InvalidArgument(f"invalid checksum digest format: {text[:_LONGEST_SHOWN]}")
    return Digest(text)


def hasher(like: str = "sha256") -> "hashlib._Hash":
    """Return a new hash of the algorithm that a digest, or a name of one, begins with. Raises InvalidArgument for others."""
    try:
        return _HASHES[like.partition(":")[0]]()
    except KeyError:
        raise InvalidArgument(f"unsupported digest algorithm: {like[:_LONGEST_SHOWN]}") from None


def digest_from(hashed: "hashlib._Hash") -> Digest:
    """Return the digest of what was hashed."""
    return Digest(f"{hashed.name}:{hashed.hexdigest()}")


def digest_of(content: bytes, like: str = "sha256") -> Digest:
    """Return the digest of some bytes, by the algorithm that `like` begins with."""
    hashed = hasher(like)
    hashed.update(content)
    return digest_from(hashed)


def hex_of(digest: str) -> str:
    """Return the hexadecimal part of a digest or chain ID."""
    return digest.partition(":")[2]


def blob_name(digest: str) -> str:
    """Return the name of a blob's file in a layout (image-spec: image-layout.md "Blobs"). Raises InvalidArgument."""
    return f"blobs/{parse_digest(digest).replace(':', '/')}"


def chain_id(diff_ids: tuple[Digest, ...]) -> ChainID:
    """Return the ChainID of a non-empty stack of layers, bottom first."""
    chain = diff_ids[0]
    for diff_id in diff_ids[1:]:
        chain = digest_of(f"{chain} {diff_id}".encode())
    return ChainID(chain)


def chain_ids(diff_ids: tuple[Digest, ...]) -> tuple[ChainID, ...]:
    """Return the ChainID of every prefix of a stack, bottom first."""
    return tuple(chain_id(diff_ids[: n + 1]) for n in range(len(diff_ids)))
