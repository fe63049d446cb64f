"""Cases about images and content."""

from collections.abc import AsyncIterator

import pytest

from sdk.engine import Engine
from sdk.engine.content import Upload
from sdk.engine.images import CommitRequest, ImageListRequest
from sdk.errors import Conflict, InvalidArgument, NoSuchContainer, NoSuchImage, NotFound
from sdk.oci.digest import digest_of
from sdk.testing.contracts.engine.bench import create, run


@pytest.mark.anyio
class ImageCases:
    """See `sdk.engine.images.Images` and `sdk.engine.content.Content`."""

    async def test_an_image_is_found_by_name_and_id(self, engine: Engine) -> None:
        image = await engine.images.inspect("busybox")
        assert "busybox:latest" in image.tags
        for ref in ("busybox:latest", "docker.io/library/busybox", image.id, image.id.removeprefix("sha256:")[:12]):
            assert (await engine.images.inspect(ref)).id == image.id
        assert image.id in [each.id for each in await engine.images.list(ImageListRequest())]
        assert await engine.images.history("busybox")

    async def test_an_image_that_is_not_here(self, engine: Engine) -> None:
        for call in (
            engine.images.inspect("nowhere"),
            engine.images.history("nowhere"),
            engine.images.tag("nowhere", "other", "1"),
            engine.images.remove("nowhere"),
            _all(engine.images.save(["nowhere"])),
        ):
            with pytest.raises(NoSuchImage):
                await call

    async def test_a_further_name_goes_alone(self, engine: Engine) -> None:
        image = await engine.images.inspect("busybox")
        await engine.images.tag("busybox", "further", "1")
        assert (await engine.images.inspect("further:1")).id == image.id
        assert {"busybox:latest", "further:1"} <= set((await engine.images.inspect(image.id)).tags)
        removals = await engine.images.remove("further:1")
        assert [(removal.untagged, removal.deleted) for removal in removals] == [("further:1", "")]
        with pytest.raises(NoSuchImage):
            await engine.images.inspect("further:1")
        assert (await engine.images.inspect("busybox")).id == image.id

    async def test_an_image_in_use_stays(self, engine: Engine) -> None:
        await create(engine, "true")
        with pytest.raises(Conflict):
            await engine.images.remove("busybox")
        assert await engine.images.inspect("busybox")

    async def test_a_commit_makes_an_image(self, engine: Engine) -> None:
        made, _ = await run(engine, "true")
        image_id = await engine.images.commit(CommitRequest(made, "committed", "1"))
        assert (await engine.images.inspect("committed:1")).id == image_id
        removals = await engine.images.remove("committed:1")
        assert image_id in [removal.deleted for removal in removals]
        with pytest.raises(NoSuchContainer):
            await engine.images.commit(CommitRequest("nowhere", "committed", "1"))

    async def test_a_blob_is_what_its_digest_names(self, engine: Engine) -> None:
        content, upload = b"content of a blob", await engine.content.upload()
        await upload.write(content[:7])
        await upload.write(content[7:])
        assert upload.size == len(content)
        with pytest.raises(InvalidArgument):
            await (await _written(engine, b"other")).commit(digest_of(content))
        await upload.commit(digest_of(content))
        assert await engine.content.blob(digest_of(content)) == len(content)
        assert await _all(engine.content.read_blob(digest_of(content))) == content
        assert await _all(engine.content.read_blob(digest_of(content), offset=8, length=2)) == content[8:10]
        await engine.content.delete_blob(digest_of(content))
        with pytest.raises(NotFound):
            await engine.content.blob(digest_of(content))


async def _written(engine: Engine, content: bytes) -> Upload:
    upload = await engine.content.upload()
    await upload.write(content)
    return upload


async def _all(content: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in content])
