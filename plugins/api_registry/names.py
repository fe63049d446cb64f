"""Repositories of requests as the engine names them.

`/v2/library/busybox/` is Docker Hub's busybox, as if a user typed it: so a daemon can name this one as its mirror. A path that begins with
a registry's domain is of that registry, and so is one whose query says `ns=DOMAIN`, as mirrors of several registries are asked.
"""

import re

from starlette.requests import Request

from plugins.api_registry.errors import Refusal
from sdk.errors import InvalidArgument
from sdk.oci.digest import parse_digest
from sdk.oci.reference import Reference, parse_reference

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")


def repository(request: Request) -> Reference:
    """Return the repository a request is about, with no tag that means anything. Raises Refusal."""
    return repository_of(request.path_params["name"], request.query_params.get("ns", ""))


def repository_of(path: str, domain: str = "") -> Reference:
    """Return the repository of a path. Raises Refusal."""
    if not _NAME.fullmatch(path):
        raise Refusal(400, "NAME_INVALID", f"invalid repository name: {path}")
    try:
        return parse_reference(f"{domain}/{path}" if domain else path)
    except InvalidArgument as error:
        raise Refusal(400, "NAME_INVALID", error.message) from error


def target(request: Request) -> Reference:
    """Return the tag or digest a request for a manifest is about. Raises Refusal."""
    name, text = repository(request), request.path_params["reference"]
    if ":" in text:
        return Reference(name.domain, name.path, None, parse_digest(text))
    if not _TAG.fullmatch(text):
        raise Refusal(400, "MANIFEST_INVALID", f"invalid tag: {text}")
    return Reference(name.domain, name.path, text)
