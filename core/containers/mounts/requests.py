"""`--mount` requests checked and turned into records, by type, with Docker's sentences."""

import posixpath

from core.containers.mounts.binds import PROPAGATIONS, check_absolute, check_destination, invalid_mount
from core.containers.mounts.record import MountRecord
from core.containers.mounts.recursive_readonly import HAS_RECURSIVE_READONLY
from core.containers.mounts.tmpfs_options import tmpfs_options
from sdk.engine.config import BindOptions, MountRequest, TmpfsOptions, VolumeOptions
from sdk.errors import Unsupported


def record_of(request: MountRequest) -> MountRecord:
    """Return the record of one `HostConfig.Mounts`; a volume in it is not made yet. Raises InvalidArgument, Unsupported."""
    destination = check_destination(request.target, request.type)
    if request.type == "bind":
        return _bind(request, destination)
    if request.type == "volume":
        return _volume(request, destination)
    if request.type == "tmpfs":
        return _tmpfs(request, destination)
    if request.type == "image":
        return _image(request, destination)
    if request.type in ("npipe", "cluster"):
        raise Unsupported(f'mounts of type "{request.type}" are not supported')
    raise invalid_mount(request.type, "mount type unknown")


def _bind(request: MountRequest, destination: str) -> MountRecord:
    if not request.source:
        raise invalid_mount("bind", "field Source must not be empty")
    if request.volume_options != VolumeOptions():
        raise invalid_mount("bind", "field VolumeOptions must not be specified")
    if request.tmpfs_options != TmpfsOptions():
        raise invalid_mount("bind", "field TmpfsOptions must not be specified")
    options = request.bind_options
    if options.propagation and options.propagation not in PROPAGATIONS:
        raise invalid_mount("bind", f"invalid propagation mode: {options.propagation}")
    if options.read_only_force_recursive and not HAS_RECURSIVE_READONLY:
        raise invalid_mount("bind", "this kernel cannot make mounts recursively read-only (Linux 5.12 can)")
    source = check_absolute(request.source, "bind")
    return MountRecord(
        type="bind",
        source=source,
        destination=destination,
        writable=not request.read_only,
        propagation=options.propagation,
        create_source=options.create_mountpoint,
        recursive=not options.non_recursive,
        recursive_readonly=not (options.read_only_non_recursive or options.non_recursive),
    )


def _volume(request: MountRequest, destination: str) -> MountRecord:
    if request.bind_options != BindOptions():
        raise invalid_mount("volume", "field BindOptions must not be specified")
    if request.tmpfs_options != TmpfsOptions():
        raise invalid_mount("volume", "field TmpfsOptions must not be specified")
    if not request.source and request.read_only:
        raise invalid_mount("volume", "must not set ReadOnly mode when using anonymous volumes")
    subpath = request.volume_options.subpath
    if not request.source and subpath:
        raise invalid_mount("volume", "must not set Subpath when using anonymous volumes")
    if subpath and not _is_inside(subpath):
        raise invalid_mount("volume", f'subpath must be a relative path within the volume: "{subpath}"')
    return MountRecord(
        type="volume",
        source="",
        destination=destination,
        writable=not request.read_only,
        name=request.source,
        driver=request.volume_options.driver_config.name,
        subpath=subpath,
        copy_up=not request.volume_options.no_copy,
        anonymous=not request.source,
    )


def _image(request: MountRequest, destination: str) -> MountRecord:
    if not request.source:
        raise invalid_mount("image", "field Source must not be empty")
    for name, options in {
        "BindOptions": request.bind_options != BindOptions(),
        "VolumeOptions": request.volume_options != VolumeOptions(),
        "TmpfsOptions": request.tmpfs_options != TmpfsOptions(),
    }.items():
        if options:
            raise invalid_mount("image", f"field {name} must not be specified")
    subpath = request.image_options.subpath
    if subpath and not _is_inside(subpath):
        raise invalid_mount("image", f'subpath must be a relative path within the volume: "{subpath}"')
    return MountRecord(type="image", source="", destination=destination, writable=False, name=request.source, subpath=subpath)


def _is_inside(subpath: str) -> bool:
    return not subpath.startswith("/") and posixpath.normpath(subpath).split("/")[0] != ".."


def _tmpfs(request: MountRequest, destination: str) -> MountRecord:
    if request.source:
        raise invalid_mount("tmpfs", "field Source must not be specified")
    if request.bind_options != BindOptions():
        raise invalid_mount("tmpfs", "field BindOptions must not be specified")
    if request.volume_options != VolumeOptions():
        raise invalid_mount("tmpfs", "field VolumeOptions must not be specified")
    return MountRecord(
        type="tmpfs",
        source="",
        destination=destination,
        writable=not request.read_only,
        options=tmpfs_options(request.tmpfs_options, read_only=request.read_only),
    )
