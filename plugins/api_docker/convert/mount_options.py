"""What a client may say of a mount, by the API version that it speaks."""

from plugins.api_docker.bodies import JSON
from plugins.api_docker.versions import ApiVersion
from sdk.errors import InvalidArgument

KNOWS_NON_RECURSIVE, CHECKS_OPTIONS, READS_RECURSIVELY, KNOWS_SUBPATH, KNOWS_IMAGES = (1, 40), (1, 42), (1, 44), (1, 45), (1, 48)

_TYPES = {"VolumeOptions": "volume", "BindOptions": "bind", "TmpfsOptions": "tmpfs"}


def mounts_of(value: JSON, version: ApiVersion) -> JSON:
    """Return `HostConfig.Mounts` without what the version does not know. Raises InvalidArgument in dockerd's words."""
    if not isinstance(value, list):
        return value
    return [_mount(each, version) if isinstance(each, dict) else each for each in value]


def _mount(mount: dict[str, JSON], version: ApiVersion) -> dict[str, JSON]:
    kind = mount.get("Type", "")
    foreign = {name for name, owner in _TYPES.items() if name in mount and kind != owner}
    if version >= CHECKS_OPTIONS:
        for name in _TYPES:
            if name in foreign:
                raise InvalidArgument(f'{name} must not be specified on mount type "{kind}"')
    kept = {name: item for name, item in mount.items() if name not in foreign - {"BindOptions"}}
    _check_version(kind, kept, version)
    return {**kept, **_bind_options(kept, version)}


def _check_version(kind: JSON, mount: dict[str, JSON], version: ApiVersion) -> None:
    if version < READS_RECURSIVELY and kind == "bind" and _option(mount, "BindOptions", "ReadOnlyForceRecursive"):
        raise InvalidArgument("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")
    if version < KNOWS_SUBPATH and _option(mount, "VolumeOptions", "Subpath"):
        raise InvalidArgument("VolumeOptions.Subpath needs API v1.45 or newer")
    if version < KNOWS_IMAGES and kind == "image":
        raise InvalidArgument('Mount type "Image" needs API v1.48 or newer')


def _bind_options(mount: dict[str, JSON], version: ApiVersion) -> dict[str, JSON]:
    options = mount.get("BindOptions")
    if not isinstance(options, dict):
        return {}
    unknown = {"CreateMountpoint"} if version < CHECKS_OPTIONS else set[str]()
    if version < KNOWS_NON_RECURSIVE:
        unknown.add("NonRecursive")
    return {"BindOptions": {name: item for name, item in options.items() if name not in unknown}}


def _option(mount: dict[str, JSON], group: str, name: str) -> JSON:
    options = mount.get(group)
    return options.get(name) if isinstance(options, dict) else None
