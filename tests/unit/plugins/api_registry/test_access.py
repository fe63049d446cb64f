"""Passwords, and reading without one."""

import base64

import httpx
import pytest
from pydantic import ValidationError

from plugins.api_registry.access import guarded
from plugins.api_registry.app import create_app
from plugins.api_registry.settings import RegistrySettings
from sdk.testing.fake.content import FakeContent

pytestmark = pytest.mark.anyio


async def status(settings: RegistrySettings, method: str, path: str, user: str = "") -> int:
    app = guarded(create_app(FakeContent()), settings)
    headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
        reply = await client.request(method, path, headers=headers)
    if reply.status_code == 401:
        assert reply.headers["WWW-Authenticate"].startswith("Basic ")
    return reply.status_code


async def test_a_password_is_asked_for():
    settings = RegistrySettings(users={"user": "secret"})
    assert await status(settings, "GET", "/v2/") == 401
    assert await status(settings, "GET", "/v2/", "user:wrong") == 401
    assert await status(settings, "GET", "/v2/", "other:") == 401
    assert await status(settings, "GET", "/v2/", "user:secret") == 200


async def test_everybody_may_read_if_told_so():
    settings = RegistrySettings(users={"user": "secret"}, anonymous_pull=True)
    assert await status(settings, "GET", "/v2/_catalog") == 200
    assert await status(settings, "GET", "/v2/") == 401  # this is where clients learn to log in
    assert await status(settings, "POST", "/v2/a/blobs/uploads/") == 401
    assert await status(settings, "POST", "/v2/a/blobs/uploads/", "user:secret") == 202


async def test_without_users_nobody_is_asked():
    assert await status(RegistrySettings(), "POST", "/v2/a/blobs/uploads/") == 202


def test_a_certificate_and_its_key_go_together():
    with pytest.raises(ValidationError, match="go together"):
        RegistrySettings(certificate="/x")
