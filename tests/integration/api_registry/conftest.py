"""The distribution protocol over the image rooms of a real engine, spoken to without a socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.engine.images.content.service import ContentService
from plugins.api_registry.app import create_app
from tests.integration.images.conftest import Rooms, disk, docker_registry, hub, network, rooms  # noqa: F401


@pytest.fixture
async def client(rooms: Rooms) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811
    app = create_app(ContentService(rooms.images.context))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry") as client:
        yield client


@pytest.fixture
def blobs_directory(disk: Path) -> Path:  # noqa: F811
    return disk / "content" / "blobs" / "sha256"
