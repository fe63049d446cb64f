"""The door of the API: every request of every frontend passes it, on every listener."""

from collections.abc import Awaitable, Mapping
from contextlib import suppress

from core.daemon.authorization.chain import Chain
from core.daemon.authorization.refused import Refused
from core.daemon.authorization.responses import HeldResponse
from core.daemon.authorization.shown import BodyTooLarge, ClientLeft, holds_credentials, shown
from sdk.drivers.authorizer import ApiRequest, ApiResponse, Authorizer
from sdk.frontend import ASGIApp, Receive, Scope, Send, refuse

_TOO_LARGE = 500
"""dockerd's status for it."""


class Door:
    """Hands requests on to an application: those that the authorizers allow, or all while there are none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = self._serve = app
        self._chain = Chain({})

    def guard(self, authorizers: Mapping[str, Authorizer]) -> None:
        """Ask these from the next request on, in this order; none opens the door to all."""
        self._chain = Chain(authorizers, self._chain)
        self._serve = _guarded(self._app, self._chain) if authorizers else self._app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a request."""
        return self._serve(scope, receive, send)


def _guarded(app: ASGIApp, chain: Chain) -> ASGIApp:
    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request, rest = await shown(scope, receive)
            await chain.authorize_request(request)
        except ClientLeft:
            return
        except BodyTooLarge as error:
            await refuse(send, _TOO_LARGE, str(error))
        except Refused as refused:
            await refuse(send, refused.status, refused.message)
        else:
            if chain.reviews_responses:
                await _reviewed(app, chain, request, (scope, rest, send))
            else:
                await app(scope, rest, send)

    return guard


async def _reviewed(app: ASGIApp, chain: Chain, request: ApiRequest, served: tuple[Scope, Receive, Send]) -> None:
    scope, receive, send = served

    async def review(response: ApiResponse) -> None:
        await chain.authorize_response(request, response)

    held = HeldResponse(send, review, hides_body=holds_credentials(request.path))
    await app(held.watched(scope), receive, held.send)
    if held.hijacked_with is not None:
        with suppress(Refused):  # it is logged; the connection has ended
            await review(ApiResponse(held.hijacked_with, body=None))
