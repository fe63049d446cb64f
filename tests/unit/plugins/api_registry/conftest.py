"""A registry over content in memory, asked as clients ask."""

from dataclasses import dataclass, field

import httpx
import pytest

from plugins.api_registry.app import create_app
from sdk.oci.digest import digest_of
from sdk.testing.fake.content import FakeContent


@dataclass
class Registry:
    content: FakeContent = field(default_factory=FakeContent)

    def __post_init__(self) -> None:
        self._app = create_app(self.content)

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """Send one request; a header's name has dashes for its underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://registry") as client:
            return await client.request(method, path, content=body, headers=named)

    async def add(self, content: bytes) -> str:
        """Put a blob in and return its digest."""
        upload = await self.content.upload()
        await upload.write(content)
        await upload.commit(digest_of(content))
        return digest_of(content)

    async def code(self, reply: httpx.Response) -> str:
        """Return the code of a refusal."""
        (error,) = reply.json()["errors"]
        return str(error["code"])


@pytest.fixture
def registry() -> Registry:
    return Registry()
