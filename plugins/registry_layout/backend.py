"""The registry backend: OCI image layouts and archives of them as registries, for use without a network."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import anyio
import msgspec
from anyio.to_thread import run_sync
from msgspec import Struct

from plugins.registry_layout.layouts import Region, blob, read
from plugins.registry_layout.places import Place, Target, places, repository_of, target
from plugins.registry_layout.settings import LayoutSettings
from plugins.registry_layout.writing import NewBlob, copy_blob, make_layout, name_manifest, write_document
from sdk.drivers.registry import Credentials, RegistryBackend, ResolvedManifest
from sdk.errors import DataLoss, InvalidArgument, NotFound
from sdk.oci.descriptor import INDEX_TYPES, MANIFEST_TYPES, OCI_INDEX, OCI_MANIFEST, Descriptor
from sdk.oci.digest import digest_of
from sdk.oci.reference import Reference

P = ParamSpec("P")
T = TypeVar("T")

_READ = 1 << 20
_THREADS = 8


class _Document(Struct, rename="camel"):
    """What of a manifest or an index is looked at here."""

    media_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    manifests: tuple[Descriptor, ...] = ()

    @property
    def type(self) -> str:
        return self.media_type or (OCI_MANIFEST if self.config else OCI_INDEX)


class LayoutBackend(RegistryBackend):
    """Hosts by the settings. Passwords mean nothing here: who may read and write is the file system's affair, and the daemon's is root."""

    def __init__(self, settings: LayoutSettings) -> None:
        self._roots = settings.hosts
        self._limiter = anyio.CapacityLimiter(_THREADS)

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(self._roots)

    async def resolve(self, reference: Reference, credentials: Credentials) -> ResolvedManifest:
        del credentials
        return await self._run(_resolve, self._root(reference), reference)

    @asynccontextmanager
    async def fetch(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        del credentials
        region = await self._run(_find_blob, self._root(reference), reference, descriptor)
        with region.opened() as file:
            yield self._chunks(file, region, offset)

    async def push_blob(
        self,
        reference: Reference,
        descriptor: Descriptor,
        content: AsyncIterator[bytes],
        credentials: Credentials,
        *,
        mount_from: Sequence[Reference] = (),
    ) -> bool:
        if await self.has_blob(reference, descriptor, credentials, mount_from=mount_from):
            return False
        directory = (await self._run(self._made, reference)).directory
        new = await self._run(NewBlob, directory, descriptor)
        try:
            async for chunk in content:
                await self._run(new.write, chunk)
            await self._run(new.commit)
        finally:
            new.close()
        return True

    async def has_blob(
        self, reference: Reference, descriptor: Descriptor, credentials: Credentials, *, mount_from: Sequence[Reference] = ()
    ) -> bool:
        del credentials
        return await self._run(self._have_blob, reference, descriptor, mount_from)

    async def push_manifest(self, reference: Reference, content: bytes, media_type: str, credentials: Credentials) -> None:
        del credentials
        descriptor = Descriptor(media_type, digest_of(content, reference.digest or "sha256"), len(content))
        if reference.digest and reference.digest != descriptor.digest:
            raise InvalidArgument(f"the manifest is not what {reference.digest} names")
        await self._run(self._push_manifest, reference, descriptor, content)

    async def authenticate(self, credentials: Credentials) -> str:
        del credentials
        return ""

    async def tags(self, reference: Reference, credentials: Credentials) -> Sequence[str]:
        del credentials

        def listed() -> list[str]:
            found = places(self._root(reference), reference)
            return sorted({entry.tag for place in found for entry in place.named(repository_of(reference)) if entry.tag})

        return await self._run(listed)

    def _root(self, reference: Reference) -> Path:
        try:
            return self._roots[reference.domain]
        except KeyError:
            raise NotFound(
                f"repository {reference.familiar_name} not found: no directory is configured for {reference.domain} (plugins.registry_layout)"
            ) from None

    def _made(self, reference: Reference) -> Target:
        found = target(self._root(reference), reference)
        make_layout(found.directory)
        return found

    def _have_blob(self, reference: Reference, descriptor: Descriptor, mount_from: Sequence[Reference]) -> bool:
        place = target(self._root(reference), reference)
        if _is_there(place.directory / blob(descriptor.digest), descriptor):
            return True
        for source in mount_from:
            with suppress(NotFound):
                copy_blob(_find_blob(self._root(source), source, descriptor), self._made(reference).directory, descriptor)
                return True
        return False

    def _push_manifest(self, reference: Reference, descriptor: Descriptor, content: bytes) -> None:
        place, document = self._made(reference), _parse(content)
        for needed in (*((document.config,) if document.config else ()), *document.layers, *document.manifests):
            if not needed.urls and not _is_there(place.directory / blob(needed.digest), needed):
                raise NotFound(f"{reference.familiar_name}: manifest blob unknown: blob unknown to registry: {needed.digest}")
        write_document(place.directory, descriptor, content)
        if reference.tag:
            name_manifest(place.directory, descriptor, place.name(reference.tag))

    async def _chunks(self, file: int, region: Region, offset: int) -> AsyncIterator[bytes]:
        while offset < region.size:
            chunk = await self._run(os.pread, file, min(_READ, region.size - offset), region.offset + offset)
            if not chunk:
                raise DataLoss(f"{region.path} is shorter than it was")
            yield chunk
            offset += len(chunk)

    async def _run(self, work: Callable[P, T], *arguments: P.args, **keywords: P.kwargs) -> T:
        return await run_sync(lambda: work(*arguments, **keywords), limiter=self._limiter)


def _resolve(root: Path, reference: Reference) -> ResolvedManifest:
    for place in places(root, reference):
        digest = reference.digest or _named(place, reference)
        if digest and place.layout.find(blob(digest)):
            content = read(place.layout, blob(digest))
            if digest_of(content, digest) != digest:
                raise DataLoss(f"manifest verification failed for digest {digest}")
            document = _parse(content)
            if document.type not in INDEX_TYPES | MANIFEST_TYPES:
                raise InvalidArgument(f"{reference.familiar}: unsupported manifest media type {document.type}")
            return ResolvedManifest(Descriptor(document.type, digest, len(content)), content)
    raise NotFound(f"manifest for {reference.familiar} not found: manifest unknown: manifest unknown")


def _named(place: Place, reference: Reference) -> str:
    """Return the digest of what a tag names in a layout; of several the last, for tools append. "" if it names nothing."""
    found = [entry.descriptor.digest for entry in place.named(repository_of(reference)) if entry.tag == reference.target]
    return found[-1] if found else ""


def _parse(content: bytes) -> _Document:
    try:
        return msgspec.json.decode(content, type=_Document)
    except (UnicodeError, RecursionError):
        raise InvalidArgument("manifest invalid: not UTF-8, or nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise InvalidArgument(f"manifest invalid: {error}") from error


def _find_blob(root: Path, reference: Reference, descriptor: Descriptor) -> Region:
    found = (place.layout.find(blob(descriptor.digest)) for place in places(root, reference))
    region = next(filter(None, found), None)
    if region is None:
        raise NotFound(f"{reference.familiar_name}: blob unknown: {descriptor.digest}")
    if region.size != descriptor.size:
        raise DataLoss(f"blob {descriptor.digest} has {region.size} bytes of {descriptor.size}")
    return region


def _is_there(path: Path, descriptor: Descriptor) -> bool:
    """Tell whether a blob is in place; one of another size is not, and is written anew."""
    try:
        return path.stat().st_size == descriptor.size
    except OSError:
        return False
