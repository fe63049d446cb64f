"""`docker create`: make a container that does not run yet."""

import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace as replace_request
from functools import partial

import anyio.to_thread
from msgspec.structs import replace

from core.containers import ports
from core.containers.config_checks import check_text, checked_config
from core.containers.files.hostfiles import check_extra_hosts
from core.containers.host_defaults import with_defaults
from core.containers.life import merge, names
from core.containers.life.record import ContainerRecord
from core.containers.mounts.populate import populate
from core.containers.mounts.resolve import MountRecord, resolve_mounts
from core.containers.mounts.rootfs import opened_root
from core.containers.validation import validate_host_config
from core.engine.containers.announce import announce
from core.engine.containers.preparation.defaults import with_creation_defaults
from core.engine.containers.preparation.image_mounts import prepare_images, with_images
from core.engine.containers.preparation.links import resolve_links
from core.engine.containers.preparation.log_options import log_options
from core.engine.containers.preparation.untouched import untouched
from core.engine.context import EngineContext
from core.engine.images.trust import verify_use
from core.images.store import StoredImage
from core.networks.addressing.addresses import parse_address, parse_mac
from core.networks.endpoint_rules import checked_endpoints
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import Created, CreateRequest
from sdk.errors import InvalidArgument, NoSuchContainer
from sdk.linux.openat import make_directories
from sdk.oci.descriptor import host as this_machine
from sdk.oci.descriptor import matches
from sdk.tracing import step


async def create(context: EngineContext, request: CreateRequest) -> Created:
    """Make a container from an image. Raises NoSuchImage, ImageRefused, NameInUse, InvalidArgument; leaves nothing behind when it fails."""
    config = checked_config(request.config)
    if config.mac_address:
        config = replace(config, mac_address=parse_mac(config.mac_address))
    request = replace_request(request, config=config, networks=checked_endpoints(request.networks))
    host_config = request.host_config
    _check_networking(context, host_config)
    cgroup_version = await context.drivers.cgroup_version(context.runtime_name(host_config.runtime))
    warnings = _validate(context, request.config, host_config, cgroup_version)
    image = context.images.find_for(request.config.image, request.platform)
    warnings += _foreign(request, image)
    with step("create.verify_image"):
        await verify_use(context.drivers.verifiers, context.images, image, request.config.image)
    with context.images.layers.pins.hold(image.chains):
        return await create_from(context, request, image, cgroup_version, warnings)


async def create_from(
    context: EngineContext, request: CreateRequest, image: StoredImage, cgroup_version: int, warnings: Sequence[str] = ()
) -> Created:
    """Make a container of an image that may be used and whose layers are held meanwhile: no record names them yet, and it may be removed.

    `cgroup_version` is that of the runtime it asks for.
    """
    config = merge.merge(request.config, image.config.config)
    check_text(config, request.host_config)
    host_config = with_creation_defaults(context, request.host_config, cgroup_version)
    record = _record(context, replace_request(request, host_config=host_config), image, config)
    async with AsyncExitStack() as undo:
        context.containers.reserve(record)
        undo.callback(context.containers.forget, record.id, record.name)
        undo.push_async_callback(context.volumes.abandon, record.id)
        with step("create.mounts"):
            mounts = await resolve_mounts(
                record.id,
                config,
                record.host_config,
                context.volumes,
                lambda ref: _mounts_of(context, ref),
                str(context.settings.data_root),
            )
            record = replace(record, mounts=await with_images(context, mounts))
        await _prepare(context, record, image, undo)
        with step("create.record"):
            live = context.containers.insert(record)
            context.volumes.keep(record.id)
        undo.pop_all()
    context.images.use(image.id)
    announce(context, live, "create")
    return Created(record.id, tuple(warnings))


async def _prepare(context: EngineContext, record: ContainerRecord, image: StoredImage, undo: AsyncExitStack) -> None:
    storage = context.drivers.storage
    await storage.prepare(record.id, parent=image.chain_id)
    undo.push_async_callback(storage.remove, record.id)
    await prepare_images(context, record, undo)
    context.directory(record.id).mkdir(parents=True)
    undo.callback(context.directory(record.id).rmdir)
    with step("create.populate_volumes"):
        await populate(
            record.mounts, record.id, context.volumes, lambda: opened_root(storage, record.id), partial(untouched, context)
        )
    directory = record.config.working_dir
    if directory and image.config.config is not None and directory != image.config.config.working_dir:
        async with opened_root(storage, record.id) as root:
            await anyio.to_thread.run_sync(_make_working_directory, root, directory)


def _make_working_directory(root: int, directory: str) -> None:
    try:
        make_directories(root, directory)
    except (NotADirectoryError, FileExistsError):
        raise InvalidArgument(f"Cannot mkdir: {directory} is not a directory") from None
    except OSError as error:
        raise InvalidArgument(f"mkdir {directory}: {os.strerror(error.errno or 0).lower()}") from error


def _foreign(request: CreateRequest, image: StoredImage) -> list[str]:
    """Say so where an image is for another machine and the client did not ask for that."""
    theirs, ours = image.config.platform, this_machine()
    if request.platform is not None or not theirs.architecture or matches(ours, theirs):
        return []
    return [
        f"The requested image's platform ({theirs}) does not match the detected host platform ({ours}) "
        "and no specific platform was requested"
    ]


def _check_networking(context: EngineContext, host_config: HostConfig) -> None:
    ports.check_bindings(host_config)
    resolve_links(context, host_config)
    for server in host_config.dns:
        parse_address(server)
    check_extra_hosts(host_config.extra_hosts)


def _validate(context: EngineContext, config: ContainerConfig, host_config: HostConfig, cgroup_version: int) -> list[str]:
    if host_config.log_config.type != "none":
        context.drivers.log(host_config.log_config.type).check(log_options(context, host_config.log_config))
    return list(validate_host_config(config, host_config, cgroup_version=cgroup_version))


def _record(context: EngineContext, request: CreateRequest, image: StoredImage, config: ContainerConfig) -> ContainerRecord:
    container_id = os.urandom(32).hex()
    argv = merge.command_line(config)
    host_named = request.host_config.network_mode.is_host or request.host_config.uts_mode.is_host
    return ContainerRecord(
        id=container_id,
        name=names.check_name(request.name) if request.name else names.invent_name(context.containers.names),
        created_ns=time.time_ns(),
        image_id=image.id,
        image=request.config.image,
        chain_id=image.chain_id,
        platform=image.config.platform,
        path=argv[0],
        args=argv[1:],
        config=replace(config, hostname=config.hostname or (os.uname().nodename if host_named else container_id[:12])),
        host_config=with_defaults(request.host_config, lambda ref: context.containers.find(ref).id),
        links=resolve_links(context, request.host_config) or None,
        networks=dict(request.networks),
        opaque=request.opaque,
    )


def _mounts_of(context: EngineContext, ref: str) -> tuple[MountRecord, ...]:
    try:
        return context.containers.find(ref).record.mounts
    except NoSuchContainer as error:
        raise InvalidArgument(error.message) from None
