"""What may pass, and how long to wait for it."""

import re
from email.utils import parsedate_to_datetime
from time import time

import anyio
import httpx

from plugins.registry_hub.replies import Reply
from plugins.registry_hub.settings import HubSettings

_SECONDS = re.compile(r"[0-9]{1,9}")
TRANSIENT = frozenset({429, 500, 502, 503, 504})
"""The statuses that another attempt may not meet: rate limits and servers in trouble."""


class Retries:
    """How often to try again, and when."""

    def __init__(self, settings: HubSettings) -> None:
        self._backoff = settings.backoff
        self._longest_pause = settings.longest_pause
        self.most = settings.retries

    async def pause(self, attempt: int, response: httpx.Response | Reply | None = None) -> None:
        """Wait before another attempt: as long as the server asks for, else twice as long each time."""
        asked = retry_after(response) if response else 0.0
        await anyio.sleep(min(asked or self._backoff * 2**attempt, self._longest_pause))


def retry_after(response: httpx.Response | Reply) -> float:
    """Return the seconds a server asks to be left alone; 0 if it does not (RFC 9110: "Retry-After")."""
    text = response.headers.get("Retry-After", "")
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
