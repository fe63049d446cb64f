"""One plugin process, asked over HTTP. Every request has a deadline: a plugin that hangs holds up the request to it and no other."""

import ssl
from typing import TypeVar

import anyio
import httpx
import msgspec

from plugins.volume_legacy.discovery import Address, Tls
from plugins.volume_legacy.protocol import MEDIA_TYPE, VOLUME_DRIVER, ActivateReply, Empty, Reply
from sdk.errors import DeadlineExceeded, EngineError, NotFound, Unavailable

R = TypeVar("R", bound=Reply)


class PluginClient:
    """Speaks to the plugin called `name`; introduces itself before the first request."""

    def __init__(self, name: str, address: Address) -> None:
        self.address = address
        self._name = name
        self._client = _connection(address)
        self._activated = False

    async def ask(self, method: str, request: msgspec.Struct, reply: type[R], seconds: float) -> R:
        """Call `/VolumeDriver.<method>`. Raises EngineError with the plugin's sentence, Unavailable, DeadlineExceeded, NotFound (no volumes)."""
        try:
            with anyio.fail_after(seconds):
                if not self._activated:
                    await self._activate()
                return await self._post(f"{VOLUME_DRIVER}.{method}", request, reply)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"{VOLUME_DRIVER}.{method}: volume plugin {self._name} did not answer in {seconds:g} s"
            ) from error
        except (httpx.HTTPError, OSError) as error:
            self._activated = False
            raise Unavailable(f"error while calling volume plugin {self._name}: {error or type(error).__name__}") from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _activate(self) -> None:
        told = await self._post("Plugin.Activate", Empty(), ActivateReply)
        if VOLUME_DRIVER not in (told.implements or ()):
            raise NotFound(f"plugin {self._name} does not implement {VOLUME_DRIVER}")
        self._activated = True

    async def _post(self, path: str, request: msgspec.Struct, reply: type[R]) -> R:
        response = await self._client.post(f"/{path}", content=msgspec.json.encode(request))
        try:
            answer = msgspec.json.decode(response.content or b"{}", type=reply)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            said = response.text.strip() or f"status {response.status_code}"
            raise EngineError(f"{path}: volume plugin {self._name} answered nonsense: {said}") from error
        if answer.error or not response.is_success:
            raise EngineError(f"{path}: {answer.error or response.text.strip() or response.status_code}")
        return answer


def _connection(address: Address) -> httpx.AsyncClient:
    headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    if address.url.startswith("unix://"):
        transport = httpx.AsyncHTTPTransport(uds=address.url.removeprefix("unix://"))
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
