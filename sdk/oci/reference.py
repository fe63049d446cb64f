"""Image references: name[:tag][@digest], with Docker's familiar-name rules (distribution/reference grammar)."""

import re
from dataclasses import dataclass

from sdk.errors import InvalidArgument
from sdk.oci.digest import Digest, is_digest

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
_DOMAIN_PORT = re.compile(rf"(?:{_DOMAIN}|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_BARE_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A normalised reference. `domain` and `path` are always full (docker.io, library/alpine); at least a tag or a digest is set."""

    domain: str
    path: str
    tag: str | None = None
    digest: Digest | None = None

    @property
    def name(self) -> str:
        """Return domain/path."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """Return the short name people type: `alpine`, `user/app`, `host:5000/app`."""
        if self.domain != DEFAULT_DOMAIN:
            return self.name
        return self.path.removeprefix("library/") if self.path.count("/") == 1 else self.path

    @property
    def familiar(self) -> str:
        """Return the familiar name with its tag and digest."""
        return self.familiar_name + self._suffix

    @property
    def target(self) -> str:
        """Return what a registry is asked for: the digest if there is one, else the tag."""
        return self.digest or self.tag or DEFAULT_TAG

    def __str__(self) -> str:
        return self.name + self._suffix

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str, *, default_tag: bool = True) -> Reference:
    """Parse what a person types into a normalised reference. Raises InvalidArgument with Docker's sentence.

    With `default_tag` a name without tag and digest gets `latest`.
    """
    if _BARE_ID.fullmatch(text):
        raise InvalidArgument(f"invalid reference format: repository name ({text}) cannot be a 64-byte hexadecimal string")
    rest, at, digest = text.partition("@")
    if at and not is_digest(digest):
        raise InvalidArgument("invalid reference format")
    name, tag = _split_tag(rest)
    domain, path = _split_domain(name)
    if path != path.lower() and _PATH.fullmatch(path.lower()):
        raise InvalidArgument(f"invalid reference format: repository name ({path}) must be lowercase")
    if not _PATH.fullmatch(path) or not _DOMAIN_PORT.fullmatch(domain):
        raise InvalidArgument("invalid reference format")
    if tag is not None and not _TAG.fullmatch(tag):
        raise InvalidArgument("invalid reference format" if tag == "" else "invalid tag format")
    if len(path) > 255:
        raise InvalidArgument("repository name must not be more than 255 characters")
    if tag is None and not digest and default_tag:
        tag = DEFAULT_TAG
    return Reference(domain, path, tag, Digest(digest) if digest else None)


def is_tag(text: str) -> bool:
    """Tell whether a text may be a tag (distribution-spec: "Pulling manifests")."""
    return _TAG.fullmatch(text) is not None


def _split_tag(rest: str) -> tuple[str, str | None]:
    head, colon, tail = rest.rpartition(":")
    if not colon or "/" in tail:
        return rest, None
    return head, tail


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, remainder = name.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        domain, path = DEFAULT_DOMAIN, name
    else:
        domain, path = first, remainder
    if domain == "index.docker.io":
        domain = DEFAULT_DOMAIN
    if domain == DEFAULT_DOMAIN and "/" not in path:
        path = f"library/{path}"
    return domain, path
