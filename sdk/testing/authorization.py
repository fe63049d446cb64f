"""Requests and authorizers for tests of both: what an author asks an authorizer, and one that remembers what it was shown."""

from collections.abc import Mapping

from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer, Headers, Subject, Transport
from sdk.errors import PermissionDenied
from sdk.frontend import split_version

ROOT = Subject(Transport.UNIX, uid=0, gid=0, pid=1)
"""A process of root's on the UNIX socket."""


def api_request(
    method: str, target: str, *, subject: Subject = ROOT, headers: Headers | None = None, body: bytes | None = b""
) -> ApiRequest:
    """Return a request as the daemon shows it: `target` is the path, with or without an API version, and the query. A body is JSON unless
    the headers say otherwise."""
    path, _, query = target.partition("?")
    version, path = split_version(path)
    given = (("content-type", "application/json"),) if body and headers is None else headers or ()
    return ApiRequest(subject, method, target, path, version, query, given, body)


class RecordingAuthorizer(Authorizer):
    """Allows all but what it is told to deny, by path with the reason, and keeps what it was shown."""

    def __init__(self, denied: Mapping[str, str] | None = None, *, hidden: Mapping[str, str] | None = None) -> None:
        self.denied, self.hidden = dict(denied or {}), dict(hidden or {})
        self.requests: list[ApiRequest] = []
        self.responses: list[ApiResponse] = []
        self.reloads = 0

    @property
    def reviews_responses(self) -> bool:
        return True

    async def authorize_request(self, request: ApiRequest) -> None:
        self.requests.append(request)
        if reason := self.denied.get(request.path):
            raise PermissionDenied(reason)

    async def authorize_response(self, request: ApiRequest, response: ApiResponse) -> None:
        self.responses.append(response)
        if reason := self.hidden.get(request.path):
            raise PermissionDenied(reason)

    async def reload(self) -> None:
        self.reloads += 1
