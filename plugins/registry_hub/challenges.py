"""Authentication challenges of registries (RFC 7235; distribution-spec: token authentication)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

_SCHEME = re.compile(r"\s*+([A-Za-z]++)\s++")
_PARAMETER = re.compile(r'(?<![A-Za-z_])([A-Za-z_]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,"]++))')
"""Possessive throughout: what a hostile header costs grows with its length alone."""
_LONGEST = 8 << 10
_MOST = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate`. `scheme` is lower case: bearer or basic."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""
    error: str = ""


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Return the challenges of these header lines, bearer before basic; others, and what is beyond 8 KiB of a line, are left out."""
    lines = (header[:_LONGEST] for header in islice(headers, _MOST))
    found = [challenge for line in lines if (challenge := _parse(line)) and challenge.scheme in ("bearer", "basic")]
    return tuple(sorted(found, key=lambda challenge: challenge.scheme != "bearer"))


def _parse(header: str) -> Challenge | None:
    match = _SCHEME.match(header)
    if match is None:
        return None
    pairs = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(header[match.end() :])}
    return Challenge(
        match[1].lower(), pairs.get("realm", ""), pairs.get("service", ""), pairs.get("scope", ""), pairs.get("error", "")
    )
