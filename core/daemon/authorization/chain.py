"""The authorizers in their order: each must allow. What is no answer refuses."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import anyio

from core.sentences import one_line, sentence
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer, Subject, Transport
from sdk.errors import EngineError, PermissionDenied

_FORBIDDEN, _FAILED = 403, 500

_log = logging.getLogger(__name__)


class Refused(Exception):
    """A request or a response that is not allowed: the status and the sentence that the client gets."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Chain:
    """Asks one authorizer after the other; the first refusal is the answer."""

    def __init__(self, authorizers: Mapping[str, Authorizer]) -> None:
        self._authorizers = tuple(authorizers.items())
        self._reviewers = tuple((name, each) for name, each in self._authorizers if each.reviews_responses)

    @property
    def reviews_responses(self) -> bool:
        """Tell whether any of them is to see responses."""
        return bool(self._reviewers)

    async def authorize_request(self, request: ApiRequest) -> None:
        """Return if all allow a request. Raises Refused, and logs it."""
        for name, authorizer in self._authorizers:
            await _asked(name, authorizer, request, partial(authorizer.authorize_request, request))

    async def authorize_response(self, request: ApiRequest, response: ApiResponse) -> None:
        """Return if all allow a response. Raises Refused, and logs it."""
        for name, authorizer in self._reviewers:
            await _asked(name, authorizer, request, partial(authorizer.authorize_response, request, response))


async def _asked(name: str, authorizer: Authorizer, request: ApiRequest, ask: Callable[[], Awaitable[object]]) -> None:
    try:
        await _decided(name, authorizer, ask)
    except Refused as refused:
        path = request.target.partition("?")[0]
        _log.warning("%s %s of %s: %s", request.method, path, _origin(request.subject), one_line(refused))
        raise


async def _decided(name: str, authorizer: Authorizer, ask: Callable[[], Awaitable[object]]) -> None:
    try:
        with anyio.fail_after(authorizer.deadline):
            _check(await ask())
    except PermissionDenied as denied:
        raise Refused(_FORBIDDEN, f"authorization denied by plugin {name}: {denied.message}") from denied
    except TimeoutError as error:
        raise _failed(name, "no answer in time") from error
    except EngineError as error:
        raise _failed(name, error.message) from error
    except (Exception, SystemExit) as error:
        _log.error("authorizer %s: %s", name, sentence(error), exc_info=error)
        raise _failed(name, "an unforeseen error, which the daemon has logged") from error


def _origin(subject: Subject) -> str:
    """Return who sent a request, for an administrator who reads the log."""
    if subject.transport is Transport.UNIX:
        return f"UID {subject.uid} (PID {subject.pid})"
    return f"{subject.common_name!r} at {subject.address}" if subject.common_name else subject.address


def _check(returned: object) -> None:
    """Raise TypeError for a value that an authorizer returned: one that means to say no by it would otherwise say yes."""
    if returned is not None:
        raise TypeError(f"it returned {type(returned).__name__}, not None")


def _failed(name: str, reason: str) -> Refused:
    return Refused(_FAILED, f"plugin {name} failed with error: {reason}")
