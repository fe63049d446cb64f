"""Uploads that no client goes on with."""

import pytest

from plugins.api_registry import uploading
from plugins.api_registry.uploading import Uploads
from sdk.errors import InvalidArgument, NotFound
from sdk.oci.digest import digest_of
from sdk.testing.fake.content import FakeContent

pytestmark = pytest.mark.anyio


async def test_an_upload_is_forgotten_an_hour_after_a_client_last_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(uploading, "monotonic", lambda: now)
    uploads = Uploads(FakeContent())
    left, asked = await uploads.begin(), await uploads.begin()
    await left.blob.write(b"content")
    now += 3000.0
    uploads.find(asked.name)
    now += 601.0
    await uploads.begin()
    assert left.blob.size == 0
    with pytest.raises(NotFound):
        uploads.find(left.name)
    assert uploads.find(asked.name) is asked


async def test_an_upload_is_gone_after_it_was_committed_or_could_not_be() -> None:
    uploads = Uploads(FakeContent())
    good, bad = await uploads.begin(), await uploads.begin()
    await uploads.commit(good, digest_of(b""))
    with pytest.raises(InvalidArgument):
        await uploads.commit(bad, digest_of(b"other"))
    for upload in (good, bad):
        with pytest.raises(NotFound):
            uploads.find(upload.name)
        await uploads.discard(upload)
