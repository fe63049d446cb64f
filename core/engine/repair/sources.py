"""Where images came from, asked for content once more."""

import logging
from collections.abc import Iterator

from core.engine.images.context import ImageContext
from sdk.drivers.registry import Credentials
from sdk.errors import EngineError, Unavailable
from sdk.oci.descriptor import Descriptor
from sdk.oci.digest import parse_digest
from sdk.oci.reference import Reference

_ANONYMOUS = Credentials()

_log = logging.getLogger(__name__)


class Sources:
    """The repositories that images are known to be in, asked without credentials. A registry that does not answer is asked once."""

    def __init__(self, context: ImageContext) -> None:
        self._context = context
        self._silent: set[str] = set()

    async def blob(self, image_id: str, blob: Descriptor) -> bool:
        """Bring a blob into the content store; return whether it is there now."""
        for repository in self._repositories(image_id):
            try:
                await self._context.fetcher.fetch(repository, blob, _ANONYMOUS, lambda _progress: None)
            except EngineError as error:
                self._refused(repository, blob.digest, error)
            else:
                return True
        return False

    async def document(self, image_id: str, digest: str) -> bool:
        """Bring a manifest or an index into the content store; return whether it is there now."""
        for repository in self._repositories(image_id):
            exact = Reference(repository.domain, repository.path, None, parse_digest(digest))
            try:
                await self._context.store.content.put((await self._context.registry.resolve(exact, _ANONYMOUS)).content, digest)
            except EngineError as error:
                self._refused(repository, digest, error)
            else:
                return True
        return False

    def _repositories(self, image_id: str) -> Iterator[Reference]:
        return (name for name in self._context.store.all_names(image_id) if name.digest and name.domain not in self._silent)

    def _refused(self, repository: Reference, digest: str, error: EngineError) -> None:
        _log.warning("%s is not fetched from %s: %s", digest, repository.familiar_name, error)
        if isinstance(error, Unavailable):
            self._silent.add(repository.domain)


def remedy(context: ImageContext, image_id: str) -> str:
    """Return the command that brings everything of an image, or what else can be done about it."""
    names = context.store.all_names(image_id)
    exact = next((name for name in names if name.digest), None)
    if exact:
        return f"docker pull {exact.familiar}"
    return f"it came from no registry: load {called(context, image_id)} again, or build it without cache"


def called(context: ImageContext, image_id: str) -> str:
    """Return the name of an image that a person knows it by."""
    names = context.store.all_names(image_id)
    return names[0].familiar if names else image_id
