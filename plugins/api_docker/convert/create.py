"""A create body into the engine's request: where Docker has several spellings for one meaning, one remains."""

from msgspec.structs import replace

from plugins.api_docker.bodies import JSON, convert, object_of
from plugins.api_docker.convert.create_versions import (
    HAS_PLATFORM,
    config_of_version,
    endpoint_of_version,
    host_of_version,
    later_updates,
)
from plugins.api_docker.convert.mount_options import READS_RECURSIVELY, mounts_of
from plugins.api_docker.versions import MAXIMUM, ApiVersion
from sdk.docker import bodies, create
from sdk.docker.endpoints import endpoint_config
from sdk.docker.ports import parse_port
from sdk.engine.config import ContainerConfig, EndpointConfig, UpdateRequest
from sdk.engine.containers import CreateRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform

_DEFAULT_NETWORK = "bridge"
_UNNAMED = ("", "default")
HAS_SEVERAL_ENDPOINTS, HAS_NO_CONTAINER_MAC = (1, 44), (1, 52)
WARNS_OF_BINDINGS = (1, 52)


def create_request(body: dict[str, JSON], name: str, platform: Platform | None, version: ApiVersion = MAXIMUM) -> CreateRequest:
    """Return what the engine is asked to make. Raises InvalidArgument."""
    given = object_of(body.get("HostConfig"))
    host = host_config({**given, "Mounts": mounts_of(given["Mounts"], version)} if "Mounts" in given else given)
    host = host_of_version(host, version)
    endpoints = object_of(object_of(body.get("NetworkingConfig")).get("EndpointsConfig"))
    if version < HAS_SEVERAL_ENDPOINTS and len(endpoints) > 1:
        raise InvalidArgument(f"Container cannot be created with multiple network endpoints: {', '.join(endpoints)}")
    config = config_of_version(container_body(body), version)
    if not config.image:
        raise InvalidArgument("config cannot be empty in order to create a container" if not body else "no image specified")
    places = {
        key: endpoint_of_version(convert(object_of(value), bodies.EndpointConfig), version) for key, value in endpoints.items()
    }
    return CreateRequest(
        config=create.container_config(config),
        host_config=create.host_config(host, recursive_readonly=version >= READS_RECURSIVELY),
        networks=networks(_with_macs_of(version, config, host, places), host.network_mode),
        name=name,
        platform=platform if version >= HAS_PLATFORM else None,
        opaque=create.opaque(host),
    )


def _with_macs_of(
    version: ApiVersion, config: bodies.ContainerConfig, host: bodies.HostConfig, places: dict[str, bodies.EndpointConfig]
) -> dict[str, bodies.EndpointConfig]:
    """Return endpoints with the MAC addresses a version knows: one for the whole container at first, then for each endpoint.

    Raises InvalidArgument with Docker's sentences.
    """
    if config.mac_address and version >= HAS_NO_CONTAINER_MAC:
        raise InvalidArgument("container-wide MAC address no longer supported; use endpoint-specific MAC address instead")
    if version >= HAS_SEVERAL_ENDPOINTS:
        mine = places.get(host.network_mode) or places.get("default")
        if config.mac_address and mine is not None and mine.mac_address.lower() not in ("", config.mac_address.lower()):
            raise InvalidArgument(
                "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty"
            )
        return places
    if config.mac_address and (host.network_mode in ("host", "none") or host.network_mode.startswith("container:")):
        raise InvalidArgument("conflicting options: mac-address and the network mode")
    return {name: replace(place, mac_address="") for name, place in places.items()}


def container_config(body: dict[str, JSON]) -> ContainerConfig:
    """Return the portable half as the engine takes it. Raises InvalidArgument."""
    return create.container_config(container_body(body))


def container_body(body: dict[str, JSON]) -> bodies.ContainerConfig:
    """Return the portable half; commands may be one string."""
    commands: dict[str, JSON] = {key: _command(body[key]) for key in ("Cmd", "Entrypoint", "Shell") if key in body}
    return convert({**body, **commands}, bodies.ContainerConfig)


def host_config(body: dict[str, JSON]) -> bodies.HostConfig:
    """Return the host's half. Docker's ways to say "not set" become absent, and the default network gets its name."""
    body = {key: value for key, value in body.items() if not _is_unset(key, value)}
    if body.get("NetworkMode", "") in _UNNAMED:
        body["NetworkMode"] = _DEFAULT_NETWORK
    return convert({**body, **_bindings(body)}, bodies.HostConfig)


def networks(endpoints: dict[str, bodies.EndpointConfig], mode: str) -> dict[str, EndpointConfig]:
    """Return endpoints by network; the CLI writes `default` for whatever network the mode names."""
    return {mode if name in _UNNAMED else name: endpoint_config(endpoint) for name, endpoint in endpoints.items()}


def update_request(body: dict[str, JSON], version: ApiVersion) -> UpdateRequest:
    """Return an update. The CLI sends every field, so zero means "leave it", as dockerd reads it; but a limit of processes that is not
    positive means none. It has been changed by an update since API 1.40, and throttles of block devices since 1.55."""
    changes: dict[str, JSON] = {}
    for key, value in body.items():
        name = key.lower()
        if name == "pidslimit" and isinstance(value, int):
            changes[key] = max(value, 0)
        elif value not in (0, "") and not _is_empty_policy(name, value):
            changes[key] = value
    later = later_updates(version)
    changes = {key: value for key, value in changes.items() if key.lower() not in later}
    return create.update_request(convert(changes, bodies.UpdateRequest))


def _command(value: JSON) -> JSON:
    return [value] if isinstance(value, str) else value


def _is_unset(key: str, value: JSON) -> bool:
    match key:
        case "MemorySwappiness":
            return value == -1
        case "PidsLimit":
            return isinstance(value, int) and value <= 0
        case "OomKillDisable":
            return value is False
        case _:
            return False


def _bindings(body: dict[str, JSON]) -> dict[str, JSON]:
    """Return bindings with each port in full, `80/tcp`, and any port of the host in place of no binding: Docker shows it so.

    Raises InvalidArgument for what names no port.
    """
    value = body.get("PortBindings")
    if not isinstance(value, dict):
        return {}
    return {"PortBindings": {str(parse_port(name)): sides or [{}] for name, sides in value.items()}}


def _is_empty_policy(key: str, value: JSON) -> bool:
    return key == "restartpolicy" and isinstance(value, dict) and not value.get("Name")


def empty_bindings(body: dict[str, JSON], version: ApiVersion) -> tuple[str, ...]:
    """Return the warning about ports whose list of bindings is empty, which means any port of the host; told since API 1.52."""
    bindings = object_of(object_of(body.get("HostConfig")).get("PortBindings"))
    ports = sorted(str(parse_port(port)) for port, sides in bindings.items() if not sides)
    if not ports or version < WARNS_OF_BINDINGS:
        return ()
    names = ", ".join(ports)
    return (
        f"Following container port(s) have an empty list of port-bindings: {names}. "
        "Such bindings will be discarded in a future version.",
    )
