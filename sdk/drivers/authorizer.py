"""Authorizers: who may send which requests to the daemon, and see which answers.

A request is shown as it will be executed: its path decoded, its body as the frontend reads it, byte by byte.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from sdk.errors import InvalidArgument

Headers = tuple[tuple[str, str], ...]
"""Names in small letters, in the order of the message; one that is repeated stands there as often."""


class Transport(StrEnum):
    """How a client is connected."""

    UNIX = "unix"
    TCP = "tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who sends a request.

    On a UNIX socket `uid`, `gid`, `groups` (supplementary ones) and `pid` are those of the process at the moment when it connected
    (unix(7), SO_PEERCRED); elsewhere they are -1 and empty. The process may have ended since, and its PID may be another's.
    Under TLS `certificates` are what the client proved itself by, in DER, its own first, and `common_name` is that of the first one's
    subject; both are empty unless the daemon verifies clients (`tlsverify`). `address` is HOST:PORT of a client of TCP.
    """

    transport: Transport
    uid: int = -1
    gid: int = -1
    groups: frozenset[int] = frozenset()
    pid: int = -1
    common_name: str = ""
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request before anything of it is executed.

    `target` is path and query as the client sent them. `path` is what frontends go by: decoded, and without the API version, which is
    `version` ("" if the client named none). `query` is undecoded. A connection that begins with HTTP/2, as BuildKit's clients make them, is the
    method PRI and the path `*`; what follows on it is shown to no authorizer, nor is what follows on a connection that was
    upgraded or hijacked.

    `body` is the whole body where that is JSON or a form, b"" if there is none, and None where it is of another type, such as an archive, or
    holds credentials (`/auth`). Headers that hold credentials are left out.
    """

    subject: Subject
    method: str
    target: str
    path: str
    version: str = ""
    query: str = ""
    headers: Headers = ()
    body: bytes | None = field(default=b"", repr=False)

    def values(self, *names: str) -> tuple[object, ...]:
        """Return every value that a JSON body has under these names, one within the other: `values("HostConfig", "Privileged")`.

        There may be several, as the API takes names whatever their case: a policy that looks at one spelling is not told of the others. Empty where
        the body is none of JSON. Raises InvalidArgument for JSON that cannot be read, which refuses the request.
        """
        if not self.body or not any(name == "content-type" and "json" in value.lower() for name, value in self.headers):
            return ()
        try:
            found: list[object] = [msgspec.json.decode(self.body)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidArgument("the body is no JSON that can be judged") from error
        for name in names:
            objects = [value for value in found if isinstance(value, dict)]
            found = [item for each in objects for key, item in each.items() if key.lower() == name.lower()]
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer before anything of it is sent; that of a hijacked connection when it has ended.

    `body` is the whole body where that is JSON of known length, b"" if there is none, and None for streams, for other types, and where a request's
    would be.
    `status` is that of HTTP.
    """

    status: int
    headers: Headers = ()
    body: bytes | None = field(default=b"", repr=False)


class Authorizer(ABC):
    """A policy about requests. All that the configuration names must allow a request, in their order.

    What one raises that is no PermissionDenied, and an answer that takes longer than `deadline`, refuses the request too: the client is
    told that the authorizer failed.
    """

    @property
    def deadline(self) -> float:
        """Seconds that a decision may take."""
        return 10.0

    @property
    def reviews_responses(self) -> bool:
        """Tell whether it is to be shown responses, which are then held back until it has decided."""
        return False

    @abstractmethod
    async def authorize_request(self, request: ApiRequest) -> None:
        """Allow a request by returning. Raises PermissionDenied with the reason. May be called for many requests at once."""

    async def authorize_response(self, request: ApiRequest, response: ApiResponse) -> None:
        """Allow the response to a request that was allowed, by returning. Raises PermissionDenied with the reason: the client then gets
        that in place of the response, but what it asked for is done."""
        del request, response

    async def reload(self) -> None:  # noqa: B027 - most authorizers have nothing to read
        """Read again what decisions depend on beside the configuration, such as files: the daemon was told to reload (SIGHUP).

        Raises InvalidArgument, and then goes on as before.
        """


class AuthorizerSource(ABC):
    """An optional ability of an authorizer whose provider has the capability `names`: it knows further authorizers by name."""

    @abstractmethod
    async def find(self, name: str) -> Authorizer | None:
        """Return the authorizer of a name, ready to decide, and the same one each time; None if there is none.

        Raises EngineError for one that does not work. The source closes what it found when it is closed itself.
        """
