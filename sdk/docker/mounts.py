"""The language of `--mount`: requests checked and understood by type, with Docker's sentences."""

from sdk.docker.bodies import BindOptions, ImageOptions, MountRequest, TmpfsOptions, VolumeDriverConfig, VolumeOptions
from sdk.docker.tmpfs import tmpfs_options
from sdk.engine.mounts import PROPAGATIONS, Mount, MountType, checked_destination, checked_path, checked_subpath, invalid_mount
from sdk.errors import Unsupported


def parse_mount(request: MountRequest, *, recursive_readonly: bool) -> Mount:
    """Return what one of `HostConfig.Mounts` asks for. Raises InvalidArgument, Unsupported."""
    destination = checked_destination(request.target, request.type)
    if request.type == "bind":
        return _bind(request, destination, recursive_readonly=recursive_readonly)
    if request.type == "volume":
        return _volume(request, destination)
    if request.type == "tmpfs":
        return _tmpfs(request, destination)
    if request.type == "image":
        return _image(request, destination)
    if request.type in ("npipe", "cluster"):
        raise Unsupported(f'mounts of type "{request.type}" are not supported')
    raise invalid_mount(request.type, "mount type unknown")


def shown_mount(mount: Mount) -> MountRequest:
    """Return a mount as `HostConfig.Mounts` shows it."""
    is_bind, is_volume = mount.type is MountType.BIND, mount.type is MountType.VOLUME
    return MountRequest(
        type=mount.type,
        source=mount.source,
        target=mount.destination,
        read_only=mount.read_only,
        bind_options=BindOptions(
            propagation=mount.propagation,
            non_recursive=not mount.recursive,
            create_mountpoint=mount.create_source,
            read_only_non_recursive=not mount.recursive_readonly,
            read_only_force_recursive=mount.needs_recursive_readonly,
        )
        if is_bind
        else BindOptions(),
        volume_options=VolumeOptions(
            no_copy=not mount.copy_up,
            labels=mount.labels,
            driver_config=VolumeDriverConfig(mount.driver, mount.driver_options),
            subpath=mount.subpath,
        )
        if is_volume
        else VolumeOptions(),
        tmpfs_options=TmpfsOptions(options=tuple(tuple(option.split("=", 1)) for option in mount.options)),
        image_options=ImageOptions(mount.subpath) if mount.type is MountType.IMAGE else ImageOptions(),
    )


def _refuse_foreign(request: MountRequest) -> None:
    """Raise InvalidArgument for options of another type of mount; those of images are passed over, as by dockerd."""
    given = {
        "bind": ("BindOptions", request.bind_options != BindOptions()),
        "volume": ("VolumeOptions", request.volume_options != VolumeOptions()),
        "tmpfs": ("TmpfsOptions", request.tmpfs_options != TmpfsOptions()),
    }
    for kind, (name, is_given) in given.items():
        if is_given and kind != request.type:
            raise invalid_mount(request.type, f"field {name} must not be specified")


def _bind(request: MountRequest, destination: str, *, recursive_readonly: bool) -> Mount:
    if not request.source:
        raise invalid_mount("bind", "field Source must not be empty")
    _refuse_foreign(request)
    options = request.bind_options
    if options.propagation and options.propagation not in PROPAGATIONS:
        raise invalid_mount("bind", f"invalid propagation mode: {options.propagation}")
    source = checked_path(request.source, "bind")
    return Mount(
        type=MountType.BIND,
        source=source,
        destination=destination,
        read_only=request.read_only,
        propagation=options.propagation,
        create_source=options.create_mountpoint,
        recursive=not options.non_recursive,
        recursive_readonly=recursive_readonly and not (options.read_only_non_recursive or options.non_recursive),
        needs_recursive_readonly=options.read_only_force_recursive,
    )


def _volume(request: MountRequest, destination: str) -> Mount:
    _refuse_foreign(request)
    if not request.source and request.read_only:
        raise invalid_mount("volume", "must not set ReadOnly mode when using anonymous volumes")
    options, subpath = request.volume_options, request.volume_options.subpath
    if not request.source and subpath:
        raise invalid_mount("volume", "must not set Subpath when using anonymous volumes")
    return Mount(
        type=MountType.VOLUME,
        source=request.source,
        destination=destination,
        read_only=request.read_only,
        driver=options.driver_config.name,
        driver_options=options.driver_config.options,
        labels=options.labels,
        subpath=checked_subpath(subpath, "volume"),
        copy_up=not options.no_copy,
    )


def _image(request: MountRequest, destination: str) -> Mount:
    if not request.source:
        raise invalid_mount("image", "field Source must not be empty")
    _refuse_foreign(request)
    subpath = checked_subpath(request.image_options.subpath, "image")
    return Mount(type=MountType.IMAGE, source=request.source, destination=destination, read_only=True, subpath=subpath)


def _tmpfs(request: MountRequest, destination: str) -> Mount:
    if request.source:
        raise invalid_mount("tmpfs", "field Source must not be specified")
    _refuse_foreign(request)
    return Mount(
        type=MountType.TMPFS,
        destination=destination,
        read_only=request.read_only,
        options=tmpfs_options(request.tmpfs_options, read_only=request.read_only),
    )
