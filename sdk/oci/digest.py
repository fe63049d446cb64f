"""Content digests (image-spec: descriptor.md "Digests")."""

import hashlib
import re
from typing import NewType

from sdk.errors import InvalidArgument

Digest = NewType("Digest", str)
"""`sha256:` followed by 64 lower-case hex digits."""
ChainID = NewType("ChainID", str)
"""Names a stack of layers (image-spec: config.md "Layer ChainID")."""

_PATTERN = re.compile(r"sha256:[0-9a-f]{64}")


def parse_digest(text: str) -> Digest:
    """Return `text` as a digest. Raises InvalidArgument for anything but a well-formed sha256 digest."""
    if not _PATTERN.fullmatch(text):
        raise InvalidArgument(f"invalid checksum digest format: {text}")
    return Digest(text)


def digest_of(content: bytes) -> Digest:
    """Return the sha256 digest of some bytes."""
    return Digest("sha256:" + hashlib.sha256(content).hexdigest())


def hex_of(digest: str) -> str:
    """Return the hexadecimal part of a digest or chain ID."""
    return digest.partition(":")[2]


def chain_id(diff_ids: tuple[Digest, ...]) -> ChainID:
    """Return the ChainID of a non-empty stack of layers, bottom first."""
    chain = diff_ids[0]
    for diff_id in diff_ids[1:]:
        chain = digest_of(f"{chain} {diff_id}".encode())
    return ChainID(chain)


def chain_ids(diff_ids: tuple[Digest, ...]) -> tuple[ChainID, ...]:
    """Return the ChainID of every prefix of a stack, bottom first."""
    return tuple(chain_id(diff_ids[: n + 1]) for n in range(len(diff_ids)))
