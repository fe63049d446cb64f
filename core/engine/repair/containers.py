"""What repair can only tell of: it touches no container's own files, and what clients pushed cannot be had from anywhere else."""

from collections.abc import Collection, Iterator

from core.engine.images.context import ImageContext
from core.engine.repair.finding import Finding
from sdk.drivers.storage import SnapshotKind


async def lost_containers(context: ImageContext) -> list[Finding]:
    """Return the containers whose writable layers are gone."""
    writable = {info.name for info in await context.storage.list() if info.kind is SnapshotKind.ACTIVE}
    made = [container for image_id, _ in context.store.records() for container, _ in context.users(image_id)]
    return [
        Finding("container", container[:12], "its writable layer is gone", f"docker rm {container[:12]}")
        for container in made
        if container not in writable
    ]


def lost_pushes(context: ImageContext, bad: Collection[str]) -> Iterator[Finding]:
    """Yield the manifests pushed here that lack content."""
    content = context.store.content
    for name, record in context.store.hosted.manifests():
        missing = [blob for blob in record.blobs if blob in bad or not content.exists(blob)]
        if missing and not record.image:
            yield Finding("pushed manifest", name.familiar, f"{missing[0]} is missing", "push it again")
