"""`docker import`: an image of one layer from a tar of a file system."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from core.engine.images.archives.import_remote import metered, remote_archive
from core.engine.images.author import NewImage, author
from core.engine.images.context import ImageContext
from core.engine.images.tag import tag_reference
from core.images.receiving.progress import Report, reported
from sdk.engine.images import ImportRequest, Progress
from sdk.errors import DataLoss, InvalidArgument
from sdk.oci.descriptor import host
from sdk.oci.image import ExecutionConfig, History


async def import_archive(
    context: ImageContext, content: AsyncIterator[bytes], request: ImportRequest, config: ExecutionConfig
) -> AsyncIterator[Progress]:
    """Import a tar as an image of this configuration; see `sdk.engine.Images.import_archive`.

    Raises InvalidArgument for a bad name before it reads anything, and for a damaged archive.
    """
    new = NewImage(
        base=None,
        platform=request.platform or host(),
        config=config,
        history=History(comment=request.message or f"Imported from {request.source}"),
        name=tag_reference(request.repository, request.tag) if request.repository else None,
    )

    async def run(report: Report) -> None:
        try:
            image_id = await make(report)
        except DataLoss as error:
            raise InvalidArgument(error.message) from error
        context.announce("import", image_id, new.name.familiar if new.name else image_id)
        report(Progress(image_id))

    async def make(report: Report) -> str:
        if request.source == "-":
            return await author(context, new, content)
        async with remote_archive(request.source) as archive:
            report(Progress(f"Downloading from {archive.url}"))
            return await author(context, new, metered(archive, report))

    async with aclosing(reported(run)) as steps:
        async for step in steps:
            yield step
