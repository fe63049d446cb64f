"""The mounts of one RUN, from flags to what the engine mounts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import anyio.to_thread

from plugins.builder_dockerfile.building import Building
from plugins.builder_dockerfile.files.copying import Copier
from plugins.builder_dockerfile.files.tree import Entry
from plugins.builder_dockerfile.instructions.origins import Origin, opened
from plugins.builder_dockerfile.language.instructions import StepMountFlag
from sdk.builder import StepMount
from sdk.errors import BuildFailed

_SECRETS = "/run/secrets"
_AGENT = "/run/buildkit/ssh_agent"


async def made_mounts(
    building: Building, wanted: Sequence[tuple[StepMountFlag, Origin]], held: AsyncExitStack
) -> tuple[list[StepMount], list[str]]:
    """Return mounts and further variables for a process; what must live as long is pushed on `held`.

    Caches are taken in the order of their IDs, so that two builds never wait for each other. Raises BuildFailed for a secret that is
    required and missing.
    """
    caches = {
        mount.id: await held.enter_async_context(building.host.cache.mount(mount.id, mount.sharing))
        for mount, _origin in sorted(wanted, key=lambda pair: pair[0].id)
        if mount.type == "cache"
    }
    mounts: list[StepMount] = []
    variables: list[str] = []
    for number, (mount, origin) in enumerate(wanted):
        match mount.type:
            case "bind":
                mounts.append(await _bind(building, mount, origin, held))
            case "cache":
                mounts.append(await _cache(building, mount, origin, *caches[mount.id]))
            case "tmpfs":
                mounts.append(StepMount(mount.target, tmpfs_size=mount.size))
            case "secret":
                await _secret(building, mount, mounts, variables)
            case "ssh":
                await _ssh(building, mount, number, held, mounts, variables)
    return mounts, variables


async def _bind(building: Building, mount: StepMountFlag, origin: Origin, held: AsyncExitStack) -> StepMount:
    """Return a bind mount. What a process writes to a context goes to a copy, and ends with the process."""
    if origin.stack is not None:
        return StepMount(mount.target, readonly=mount.readonly, stack=origin.stack, source=mount.source)
    directory = Path(origin.directory)
    if not mount.readonly:
        directory = await held.enter_async_context(building.host.scratch())
        async with opened(building, origin) as tree:
            await anyio.to_thread.run_sync(_fill, tree.walk(""), directory)
    return StepMount(mount.target, readonly=mount.readonly, directory=directory, source=mount.source)


async def _cache(building: Building, mount: StepMountFlag, origin: Origin, directory: Path, is_new: bool) -> StepMount:
    if is_new:
        if origin.stack is not None or origin.tree is not None or origin.directory:
            async with opened(building, origin) as tree:
                await anyio.to_thread.run_sync(_fill, tree.walk(mount.source.strip("/")), directory)
        os.chown(directory, mount.uid, mount.gid)
        os.chmod(directory, 0o755 if mount.mode is None else mount.mode)
    return StepMount(mount.target, readonly=mount.readonly, directory=directory)


def _fill(entries: Iterator[Entry], directory: Path) -> None:
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    copier = Copier(root)
    try:
        copier.tree(entries, "/", lambda _name: False)
    finally:
        copier.close()
        os.close(root)


async def _secret(building: Building, mount: StepMountFlag, mounts: list[StepMount], variables: list[str]) -> None:
    secret_id = mount.id or (mount.source or mount.target).rpartition("/")[2]
    value = await building.request.secrets.get(secret_id)
    if value is None:
        if mount.required:
            raise BuildFailed(f"secret {secret_id}: not found")
        return
    if mount.env:
        variables.append(f"{mount.env}={value.decode('utf-8', 'surrogateescape')}")
    if mount.target or not mount.env:
        mode = 0o400 if mount.mode is None else mount.mode
        target = mount.target or f"{_SECRETS}/{secret_id}"
        mounts.append(StepMount(target, readonly=True, content=value, mode=mode, uid=mount.uid, gid=mount.gid))


async def _ssh(
    building: Building, mount: StepMountFlag, number: int, held: AsyncExitStack, mounts: list[StepMount], variables: list[str]
) -> None:
    source = building.request.ssh
    socket = await held.enter_async_context(source.socket(mount.id or "default")) if source else None
    if socket is None:
        if mount.required:
            raise BuildFailed(f"unset ssh forward key {mount.id or 'default'}: no SSH key was forwarded to the build")
        return
    target = mount.target or f"{_AGENT}.{number}"
    mode = 0o600 if mount.mode is None else mount.mode
    mounts.append(StepMount(target, socket=socket, mode=mode, uid=mount.uid, gid=mount.gid))
    variables.append(f"SSH_AUTH_SOCK={target}")
