"""The authorizers in their order: each must allow. What is no answer refuses."""

import logging
from collections.abc import Mapping
from functools import partial

from core.daemon.authorization.asking import Ask, Asking
from core.daemon.authorization.refused import Refused
from core.sentences import one_line
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer, Subject, Transport
from sdk.tracing import step

_log = logging.getLogger(__name__)


class Chain:
    """Asks one authorizer after the other; the first refusal is the answer."""

    def __init__(self, authorizers: Mapping[str, Authorizer], earlier: "Chain | None" = None) -> None:
        """`earlier` is the chain in whose place this one comes: what it knows of authorizers that do not answer stays known."""
        self._known: dict[str, Asking] = dict(earlier._known) if earlier else {}
        self._asked = tuple(self._asking(name, authorizer) for name, authorizer in authorizers.items())
        self._reviewers = tuple(each for each in self._asked if each.authorizer.reviews_responses)

    def _asking(self, name: str, authorizer: Authorizer) -> Asking:
        if name not in self._known or self._known[name].authorizer is not authorizer:
            self._known[name] = Asking(name, authorizer)
        return self._known[name]

    @property
    def reviews_responses(self) -> bool:
        """Tell whether any of them is to see responses."""
        return bool(self._reviewers)

    async def authorize_request(self, request: ApiRequest) -> None:
        """Return if all allow a request. Raises Refused, and logs it."""
        for each in self._asked:
            await _decided(each, request, partial(each.authorizer.authorize_request, request))

    async def authorize_response(self, request: ApiRequest, response: ApiResponse) -> None:
        """Return if all allow a response. Raises Refused, and logs it."""
        for each in self._reviewers:
            await _decided(each, request, partial(each.authorizer.authorize_response, request, response))


async def _decided(asking: Asking, request: ApiRequest, ask: Ask) -> None:
    try:
        with step("authorizer.decide", {"core.driver.name": asking.name}):
            await asking.decide(ask)
    except Refused as refused:
        path = request.target.partition("?")[0]
        _log.warning("%s %s of %s: %s", request.method, path, _origin(request.subject), one_line(refused))
        raise


def _origin(subject: Subject) -> str:
    """Return who sent a request, for an administrator who reads the log."""
    if subject.transport is Transport.UNIX:
        return f"UID {subject.uid} (PID {subject.pid})"
    return f"{subject.common_name!r} at {subject.address}" if subject.common_name else subject.address
