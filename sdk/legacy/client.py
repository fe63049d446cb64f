"""One plugin process, asked over HTTP. Every request has a deadline: a plugin that hangs holds up the request to it and no other."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
import httpx
import msgspec

from sdk.errors import DeadlineExceeded, EngineError, InvalidArgument, NotFound, Unavailable
from sdk.legacy.discovery import Address, Tls
from sdk.legacy.protocol import MEDIA_TYPE, ActivateReply, Empty, Interface, Reply
from sdk.text import UNREADABLE

_R = TypeVar("_R", bound=Reply)

_HEADERS = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
_UNIX = "unix://"
_ACTIVATE = "Plugin.Activate"


class PluginClient:
    """Speaks one interface to the plugin called `name`; introduces itself before the first request.

    Raises InvalidArgument for an address, or files of TLS, that cannot be used.
    """

    def __init__(self, name: str, address: Address, interface: Interface) -> None:
        self.address = address
        self._name = f"{interface.noun} {name}"
        self._interface = interface
        try:
            self._base, self._transport = _base(address), _transport(address)
        except (httpx.InvalidURL, OSError, ValueError) as error:
            raise InvalidArgument(
                f"{self._name}: the address {address.url!r} or its TLS files cannot be used: {_reason(error)}"
            ) from error
        self._activated = False

    async def ask(self, method: str, request: msgspec.Struct, reply: type[_R], seconds: float) -> _R:
        """Call a method by its name without the interface's. Raises EngineError with the plugin's sentence, Unavailable if it cannot be
        reached, DeadlineExceeded after `seconds`, NotFound if the plugin does not implement the interface."""
        path = f"{self._interface.methods}.{method}"
        with self._within(path, seconds):
            await self._activate()
            return await self._post(path, request, reply)

    async def activate(self, seconds: float) -> None:
        """Introduce the daemon to the plugin, unless that was done. Raises as `ask` does."""
        with self._within(_ACTIVATE, seconds):
            await self._activate()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    @contextmanager
    def _within(self, path: str, seconds: float) -> Iterator[None]:
        """Give a request its deadline, and what fails on the way the sentences of `ask`."""
        try:
            with anyio.fail_after(seconds):
                yield
        except TimeoutError as error:
            raise DeadlineExceeded(f"{path}: {self._name} did not answer in {seconds:g} s") from error
        except (httpx.HTTPError, OSError) as error:
            self._activated = False  # the plugin may be another one when it answers again
            raise Unavailable(f"error while calling {self._name}: {error or type(error).__name__}") from error

    async def _activate(self) -> None:
        if self._activated:
            return
        told = await self._post(_ACTIVATE, Empty(), ActivateReply)
        if self._interface.implements not in (told.implements or ()):
            raise NotFound(f"{self._name} does not implement {self._interface.implements}")
        self._activated = True

    async def _post(self, path: str, request: msgspec.Struct, reply: type[_R]) -> _R:
        sent = httpx.Request("POST", self._base.join(path), headers=_HEADERS, content=msgspec.json.encode(request))
        response = await self._transport.handle_async_request(sent)
        try:
            await response.aread()
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        try:
            answer = msgspec.json.decode(response.content or b"{}", type=reply)
        except UNREADABLE as error:
            said = response.text.strip() or f"status {response.status_code}"
            raise EngineError(f"{path}: {self._name} answered nonsense: {said}") from error
        if answer.error or not response.is_success:
            raise EngineError(f"{path}: {answer.error or response.text.strip() or response.status_code}")
        return answer


def _base(address: Address) -> httpx.URL:
    """Return what the paths of methods are appended to."""
    if address.url.startswith(_UNIX):
        return httpx.URL("http://plugin/")
    scheme = "https" if address.tls else "http"
    return httpx.URL(f"{address.url.replace('tcp://', f'{scheme}://', 1).rstrip('/')}/")


def _transport(address: Address) -> httpx.AsyncHTTPTransport:
    """Return the connections alone: an HTTP client around them would cost a third more for each request, and has nothing to add."""
    if address.url.startswith(_UNIX):
        return httpx.AsyncHTTPTransport(uds=address.url.removeprefix(_UNIX), verify=False)  # there is no TLS to verify
    return httpx.AsyncHTTPTransport(verify=_trust(address.tls), trust_env=False)


def _reason(error: Exception) -> str:
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)


def _trust(tls: Tls | None) -> ssl.SSLContext | bool:
    if tls is None:
        return True
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    if tls.insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
