"""A container's definition, as dockerd keeps it, turned into the request that makes it anew."""

from collections.abc import Iterable, Mapping, Sequence

from core.cli.migrate.docker_root import Container, Json

_CONTAINER = "container:"
_MODES = ("NetworkMode", "IpcMode", "PidMode")
_ENDPOINT_KEYS = ("IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority")


def create_request(container: Container, names: Mapping[str, str], images: Mapping[str, Sequence[str]]) -> Json:
    """Return the body of `POST /containers/create`. `names` are containers' by ID, for those that one refers to; `images` are the
    references each image has, by its ID."""
    host: Json = {key: value for key, value in container.host_config.items() if value is not None}
    for mode in _MODES:
        host[mode] = _named(host.get(mode, ""), names)
    if volumes_from := host.get("VolumesFrom"):
        host["VolumesFrom"] = [_named_source(text, names) for text in volumes_from] if isinstance(volumes_from, list) else []
    host["Binds"] = [*_texts(host.get("Binds")), *_anonymous(container, host)]
    host.pop("ContainerIDFile", None)
    config: Json = {key: value for key, value in container.config.items() if value is not None}
    config["Image"] = _image(container, images.get(container.image_id, ()))
    if config.get("Hostname") == container.id[:12]:
        config["Hostname"] = ""
    mode = str(host["NetworkMode"])
    if mode.startswith(_CONTAINER) or mode == "host":
        config.pop("Hostname", None)
        config.pop("ExposedPorts", None)
    endpoints = (
        {} if mode.startswith(_CONTAINER) else {name: _endpoint(place, container) for name, place in container.networks.items()}
    )
    networking: Json = {"EndpointsConfig": endpoints}
    return {**config, "HostConfig": host, "NetworkingConfig": networking}


def references(container: Container) -> set[str]:
    """Return the containers, by ID or name, that must exist before this one."""
    modes = [str(container.host_config.get(mode) or "") for mode in _MODES]
    shared = {mode.removeprefix(_CONTAINER) for mode in modes if mode.startswith(_CONTAINER)}
    return shared | {text.partition(":")[0] for text in _texts(container.host_config.get("VolumesFrom"))}


def in_order(containers: Iterable[Container]) -> list[Container]:
    """Return containers so that each follows those it refers to; those that refer to each other, or to none of these, come last."""
    waiting, ordered, known = list(containers), [], set[str]()
    among = {key for container in waiting for key in (container.id, container.name)}
    while ready := [one for one in waiting if references(one) & among <= known]:
        ordered += ready
        known |= {key for container in ready for key in (container.id, container.name)}
        waiting = [one for one in waiting if one not in ready]
    return ordered + waiting


def _image(container: Container, references: Sequence[str]) -> str:
    """Return the name the container knew its image by if that is still the image's, else another of its names, else its ID."""
    known = str(container.config.get("Image", ""))
    if known in references or f"{known}:latest" in references:
        return known
    return references[0] if references else container.image_id


def _named(mode: object, names: Mapping[str, str]) -> object:
    if not isinstance(mode, str) or not mode.startswith(_CONTAINER):
        return mode
    other = mode.removeprefix(_CONTAINER)
    return _CONTAINER + names.get(other, other)


def _named_source(text: object, names: Mapping[str, str]) -> object:
    source, colon, rest = str(text).partition(":")
    return names.get(source, source) + colon + rest


def _anonymous(container: Container, host: Json) -> list[object]:
    """Return binds of the volumes that nothing but the mount points names: those made for an image's `VOLUME`."""
    taken = {text.split(":")[1] for text in _texts(host.get("Binds")) if ":" in text}
    taken |= {str(mount.get("Target")) for mount in _objects(host.get("Mounts"))}
    binds: list[object] = []
    for destination, mount in container.mounts.items():
        name = mount.get("Name")
        if mount.get("Type", "volume") == "volume" and name and destination not in taken and not _is_shared(host):
            binds.append(f"{name}:{destination}" + ("" if mount.get("RW", True) else ":ro"))
    return binds


def _is_shared(host: Json) -> bool:
    return bool(host.get("VolumesFrom"))


def _endpoint(place: object, container: Container) -> Json:
    """Return what a user asked of an endpoint, without what the engine added: its own ID as an alias, addresses it chose."""
    if not isinstance(place, dict):
        return {}
    asked = {key: place[key] for key in _ENDPOINT_KEYS if place.get(key)}
    aliases = [alias for alias in _texts(asked.get("Aliases")) if alias != container.id[:12]]
    if "Aliases" in asked:
        asked["Aliases"] = [*aliases]
    return asked


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
