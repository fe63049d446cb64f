"""Authentication challenges of registries (RFC 7235; distribution-spec: token authentication)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SCHEME = re.compile(r"\s*([A-Za-z]+)\s+")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate`. `scheme` is lower case: bearer or basic."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""
    error: str = ""


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of these header lines, bearer before basic; others are left out."""
    found = [challenge for header in headers if (challenge := _parse(header)) and challenge.scheme in ("bearer", "basic")]
    return tuple(sorted(found, key=lambda challenge: challenge.scheme != "bearer"))


def _parse(header: str) -> Challenge | None:
    match = _SCHEME.match(header)
    if match is None:
        return None
    pairs = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(header[match.end() :])}
    return Challenge(
        match[1].lower(), pairs.get("realm", ""), pairs.get("service", ""), pairs.get("scope", ""), pairs.get("error", "")
    )
