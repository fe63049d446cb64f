"""Binds `docker cp`, `diff` and `export` to the protocol that frontends see."""

import os
from collections.abc import AsyncIterator, Sequence

from core.containers.config_checks import refuse_nul
from core.containers.files.hostfiles import host_file_mounts
from core.containers.life.live import LiveContainer
from core.engine.containers.announce import announce
from core.engine.containers.files import changes, copy, export
from core.engine.containers.preparation.identity import identity_of
from core.engine.containers.preparation.runtime_spec import host_file_directory
from core.engine.context import EngineContext
from sdk.drivers.storage import Change
from sdk.engine.containers import PathStat
from sdk.linux.attach import Attachment


class FileService:
    """Implements `sdk.engine.ContainerFiles`."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def stat(self, ref: str, path: str) -> PathStat:
        live = self._find(ref)
        refuse_nul(path)
        with self._context.containers.unless_removed(live):
            return await copy.stat(self._files(live, ref), path)

    async def read_archive(self, ref: str, path: str) -> tuple[PathStat, AsyncIterator[bytes]]:
        live = self._find(ref)
        refuse_nul(path)
        with self._context.containers.unless_removed(live):
            found = await copy.read_archive(self._files(live, ref), path)
        announce(self._context, live, "archive-path")
        return found

    async def write_archive(
        self,
        ref: str,
        path: str,
        content: AsyncIterator[bytes],
        *,
        no_overwrite_dir_non_dir: bool = False,
        copy_uid_gid: bool = False,
    ) -> None:
        live = self._find(ref)
        refuse_nul(path)
        readonly = live.record.host_config.readonly_rootfs
        live.touch_files()
        with self._context.containers.unless_removed(live):
            owner = await self._owner(live) if copy_uid_gid and live.record.config.user else None
            await copy.write_archive(
                self._files(live, ref), path, content, keep_kinds=no_overwrite_dir_non_dir, owner=owner, readonly=readonly
            )
        announce(self._context, live, "extract-to-dir")

    async def changes(self, ref: str) -> Sequence[Change]:
        live = self._find(ref)
        with self._context.containers.unless_removed(live):
            return await changes.changes(self._context.drivers.storage, live.id)

    async def export(self, ref: str) -> AsyncIterator[bytes]:
        live = self._find(ref)
        announce(self._context, live, "export")
        pid = live.run.task.pid if live.run.task is not None else None
        return export.export(self._context.drivers.storage, live.id, pid)

    def _find(self, ref: str) -> LiveContainer:
        return self._context.containers.find(ref)

    def _files(self, live: LiveContainer, ref: str) -> copy.Files:
        pid = live.run.task.pid if live.run.task is not None else None
        return copy.Files(self._context.drivers.storage, live.id, pid, ref, () if pid else self._attached(live))

    def _attached(self, live: LiveContainer) -> tuple[Attachment, ...]:
        """Return what would be mounted in a container that does not run: volumes, and the files about its network once they were written."""
        volumes = _volumes(live)
        directory = host_file_directory(self._context, live.record)
        mounts = host_file_mounts(directory, self._context.settings.exec_root, {volume.destination for volume in volumes})
        files = [mount for mount in mounts if os.path.exists(mount.source)]
        return (*volumes, *(Attachment(mount.source, mount.destination) for mount in files))

    async def _owner(self, live: LiveContainer) -> tuple[int, int]:
        user = (await identity_of(self._context, live)).user
        return user.uid, user.gid


def _volumes(live: LiveContainer) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(mount.source, mount.destination, readonly=not mount.writable, subpath=mount.subpath)
        for mount in live.record.mounts
        if mount.type in ("bind", "volume")
    )
