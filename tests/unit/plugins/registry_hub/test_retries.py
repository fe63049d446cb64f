from email.utils import formatdate

import anyio
import httpx
import pytest

from plugins.registry_hub.retries import Retries, retry_after
from plugins.registry_hub.settings import HubSettings


def asking(text: str) -> httpx.Response:
    return httpx.Response(429, headers=[(b"Retry-After", text.encode())])


def test_a_server_may_ask_for_seconds_or_name_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_700_000_000.0
    monkeypatch.setattr("plugins.registry_hub.retries.time", lambda: now)
    assert retry_after(asking("7")) == 7
    assert retry_after(asking(formatdate(now + 60, usegmt=True))) == 60
    assert retry_after(asking(formatdate(now - 60, usegmt=True))) == 0
    for nonsense in ("²", "9" * 5000, "Mon, 01 Jan 0001 00:00:00 +2359", "-1"):
        assert retry_after(asking(nonsense)) == 0
    assert retry_after(asking("soon")) == retry_after(httpx.Response(503)) == 0


@pytest.mark.anyio
@pytest.mark.parametrize(("attempt", "asked", "seconds"), [(0, "", 0.01), (2, "", 0.04), (9, "", 0.05), (0, "3600", 0.05)])
async def test_pauses_double_or_are_as_long_as_asked_for_up_to_a_limit(
    attempt: int, asked: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept, sleep = [], anyio.sleep

    async def noted(pause: float) -> None:
        slept.append(pause)
        await sleep(0)

    monkeypatch.setattr("anyio.sleep", noted)
    await Retries(HubSettings(backoff=0.01, longest_pause=0.05)).pause(attempt, asking(asked))
    assert slept == [seconds]
