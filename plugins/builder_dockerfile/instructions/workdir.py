"""WORKDIR."""

from collections.abc import Awaitable, Callable

from plugins.builder_dockerfile.files.copying import Copier, Dress
from sdk.builder import Workspace


def directory_maker(path: str, user: str) -> Callable[[Workspace], Awaitable[None]]:
    """Return what makes a directory where it is missing. It is the user's, as BuildKit makes it."""

    async def make(workspace: Workspace) -> None:
        owner = await workspace.owner(user) if user else None
        async with workspace.files() as root:
            copier = Copier(root, Dress(owner))
            try:
                copier.directory(path)
            finally:
                copier.close()

    return make
