"""The two questions of Docker's authorization-plugin protocol, `AuthZPlugin.AuthZReq` and `AuthZPlugin.AuthZRes`, and their answer.

Both questions are one structure. What is empty is left out, as Docker leaves it out; bytes are base64.
"""

import ssl
from urllib.parse import quote

from msgspec import Struct, field

from sdk.drivers.authorizer import ApiRequest, ApiResponse, Headers
from sdk.legacy.protocol import Interface, Reply

AUTHORIZATION = Interface("authz", "AuthZPlugin", "authorization plugin")

_OF_A_URI = "/:@!$&'()*+,;=~"
"""What a path may hold unencoded beside letters, digits and `-._~` (RFC 3986 section 3.3)."""

_NOT_TOLD = frozenset({"host", "transfer-encoding"})
"""What Go does not count among the headers of a request."""


class Question(Struct, frozen=True, omit_defaults=True, rename="pascal"):
    """A request, and when that is executed its response too."""

    user: str = ""
    user_authn_method: str = field(default="", name="UserAuthNMethod")
    request_method: str = ""
    request_uri: str = ""
    request_body: bytes = b""
    request_headers: dict[str, str] = {}
    request_peer_certificates: list[bytes] = []
    response_status_code: int = 0
    response_body: bytes = b""
    response_headers: dict[str, str] = {}


class Answer(Reply, rename={"error": "Err", "allow": "Allow", "message": "Msg"}):
    """What a plugin decided."""

    allow: bool = False
    message: str | None = None


def question(request: ApiRequest, response: ApiResponse | None = None) -> Question:
    """Return what a plugin is asked about a request, or about its response."""
    certificates = request.subject.certificates
    return Question(
        user=request.subject.common_name,
        user_authn_method="TLS" if certificates else "",
        request_method=request.method,
        request_uri=_uri(request),
        request_body=request.body or b"",
        request_headers=_flat(request.headers),
        request_peer_certificates=[ssl.DER_cert_to_PEM_cert(certificate).encode() for certificate in certificates],
        response_status_code=response.status if response else 0,
        response_body=(response.body or b"") if response else b"",
        response_headers=_flat(response.headers) if response else {},
    )


def _uri(request: ApiRequest) -> str:
    """Return path and query. A path that the client sent encoded is told as it is executed: plugins compare text, and `%63reate` is
    `create` to the daemon."""
    path, _, _ = request.target.partition("?")
    if "%" not in path:
        return request.target
    version = f"/v{request.version}" if request.version else ""
    query = f"?{request.query}" if request.query else ""
    return quote(version + request.path, safe=_OF_A_URI) + query


def _flat(headers: Headers) -> dict[str, str]:
    """Return headers in Go's spelling; of one that is repeated the last counts, as in Docker."""
    return {_canonical(name): value for name, value in headers if name not in _NOT_TOLD}


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
