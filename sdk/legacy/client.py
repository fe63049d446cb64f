"""One plugin process, asked over HTTP. Every request has a deadline: a plugin that hangs holds up the request to it and no other."""

import ssl
from typing import TypeVar

import anyio
import httpx
import msgspec

from sdk.errors import DeadlineExceeded, EngineError, NotFound, Unavailable
from sdk.legacy.discovery import Address, Tls
from sdk.legacy.protocol import MEDIA_TYPE, ActivateReply, Empty, Interface, Reply

_R = TypeVar("_R", bound=Reply)


class PluginClient:
    """Speaks one interface to the plugin called `name`; introduces itself before the first request."""

    def __init__(self, name: str, address: Address, interface: Interface) -> None:
        self.address = address
        self._name = f"{interface.noun} {name}"
        self._interface = interface
        self._client = _connection(address)
        self._activated = False

    async def ask(self, method: str, request: msgspec.Struct, reply: type[_R], seconds: float) -> _R:
        """Call a method by its name without the interface's. Raises EngineError with the plugin's sentence, Unavailable if it cannot be
        reached, DeadlineExceeded after `seconds`, NotFound if the plugin does not implement the interface."""
        path = f"{self._interface.methods}.{method}"
        try:
            with anyio.fail_after(seconds):
                await self._activate()
                return await self._post(path, request, reply)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{path}: {self._name} did not answer in {seconds:g} s") from error
        except (httpx.HTTPError, OSError) as error:
            raise self._unreached(error) from error

    async def activate(self, seconds: float) -> None:
        """Introduce the daemon to the plugin, unless that was done. Raises as `ask` does."""
        try:
            with anyio.fail_after(seconds):
                await self._activate()
        except TimeoutError as error:
            raise DeadlineExceeded(f"Plugin.Activate: {self._name} did not answer in {seconds:g} s") from error
        except (httpx.HTTPError, OSError) as error:
            raise self._unreached(error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _unreached(self, error: Exception) -> Unavailable:
        """The plugin may be another one when it answers again."""
        self._activated = False
        return Unavailable(f"error while calling {self._name}: {error or type(error).__name__}")

    async def _activate(self) -> None:
        if self._activated:
            return
        told = await self._post("Plugin.Activate", Empty(), ActivateReply)
        if self._interface.implements not in (told.implements or ()):
            raise NotFound(f"{self._name} does not implement {self._interface.implements}")
        self._activated = True

    async def _post(self, path: str, request: msgspec.Struct, reply: type[_R]) -> _R:
        response = await self._client.post(f"/{path}", content=msgspec.json.encode(request))
        try:
            answer = msgspec.json.decode(response.content or b"{}", type=reply)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            said = response.text.strip() or f"status {response.status_code}"
            raise EngineError(f"{path}: {self._name} answered nonsense: {said}") from error
        if answer.error or not response.is_success:
            raise EngineError(f"{path}: {answer.error or response.text.strip() or response.status_code}")
        return answer


def _connection(address: Address) -> httpx.AsyncClient:
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    if address.url.startswith("unix://"):
        transport = httpx.AsyncHTTPTransport(uds=address.url.removeprefix("unix://"), verify=False)  # there is no TLS to verify
        return httpx.AsyncClient(transport=transport, base_url="http://plugin", headers=headers, timeout=None)
    scheme = "https" if address.tls else "http"
    base = address.url.replace("tcp://", f"{scheme}://", 1)
    return httpx.AsyncClient(base_url=base, headers=headers, timeout=None, verify=_trust(address.tls), trust_env=False)


def _trust(tls: Tls | None) -> ssl.SSLContext | bool:
    if tls is None:
        return True
    context = ssl.create_default_context(cafile=tls.ca_file or None)
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    if tls.insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
