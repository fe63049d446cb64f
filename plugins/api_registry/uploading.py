"""The uploads under way. They end with the daemon, and an hour after a client last asked for one."""

import uuid
from dataclasses import dataclass, field
from time import monotonic

import anyio

from sdk.engine.content import Content, Upload
from sdk.errors import NotFound

_IDLE_SECONDS = 3600.0


@dataclass(eq=False)
class UploadUnderWay:
    """One upload; the request that writes to it holds its lock."""

    name: str
    blob: Upload
    asked_for: float
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class Uploads:
    """All uploads by the names clients know them by."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._uploads: dict[str, UploadUnderWay] = {}

    async def begin(self) -> UploadUnderWay:
        """Begin one, and forget those that were given up."""
        for stale in [each for each in self._uploads.values() if each.asked_for < monotonic() - _IDLE_SECONDS]:
            await self.discard(stale)
        upload = UploadUnderWay(str(uuid.uuid4()), await self._content.upload(), monotonic())
        self._uploads[upload.name] = upload
        return upload

    def find(self, name: str) -> UploadUnderWay:
        """Return an upload by name. Raises NotFound."""
        upload = self._uploads.get(name)
        if upload is None:
            raise NotFound(f"blob upload unknown to registry: {name}")
        upload.asked_for = monotonic()
        return upload

    async def commit(self, upload: UploadUnderWay, digest: str) -> None:
        """Make one a blob; it is gone afterwards, whether that succeeds or not."""
        self._uploads.pop(upload.name, None)
        await upload.blob.commit(digest)

    async def discard(self, upload: UploadUnderWay) -> None:
        """Forget one; idempotent."""
        self._uploads.pop(upload.name, None)
        await upload.blob.discard()
