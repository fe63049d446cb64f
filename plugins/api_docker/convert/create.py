"""A create body into the engine's request: where Docker has several spellings for one meaning, one remains."""

from plugins.api_docker.bodies import JSON, convert, object_of
from sdk.engine.config import ContainerConfig, EndpointConfig, HostConfig, UpdateRequest
from sdk.engine.containers import CreateRequest
from sdk.errors import InvalidArgument
from sdk.oci.descriptor import Platform

_DEFAULT_NETWORK = "bridge"
_UNNAMED = ("", "default")


def create_request(body: dict[str, JSON], name: str, platform: Platform | None) -> CreateRequest:
    """Return what the engine is asked to make. Raises InvalidArgument."""
    host = host_config(object_of(body.get("HostConfig")))
    endpoints = object_of(object_of(body.get("NetworkingConfig")).get("EndpointsConfig"))
    config = container_config(body)
    if not config.image:
        raise InvalidArgument("config cannot be empty in order to create a container" if not body else "no image specified")
    return CreateRequest(
        config=config,
        host_config=host,
        networks=networks({key: convert(object_of(value), EndpointConfig) for key, value in endpoints.items()}, host.network_mode),
        name=name,
        platform=platform,
    )


def container_config(body: dict[str, JSON]) -> ContainerConfig:
    """Return the portable half; commands may be one string."""
    commands: dict[str, JSON] = {key: _command(body[key]) for key in ("Cmd", "Entrypoint", "Shell") if key in body}
    return convert({**body, **commands}, ContainerConfig)


def host_config(body: dict[str, JSON]) -> HostConfig:
    """Return the host's half. Docker's ways to say "not set" become absent, and the default network gets its name."""
    body = {key: value for key, value in body.items() if not _is_unset(key, value)}
    if body.get("NetworkMode", "") in _UNNAMED:
        body["NetworkMode"] = _DEFAULT_NETWORK
    return convert(body, HostConfig)


def networks(endpoints: dict[str, EndpointConfig], mode: str) -> dict[str, EndpointConfig]:
    """Return endpoints by network; the CLI writes `default` for whatever network the mode names."""
    return {mode if name in _UNNAMED else name: endpoint for name, endpoint in endpoints.items()}


def update_request(body: dict[str, JSON]) -> UpdateRequest:
    """Return an update. The CLI sends every field, so zero means "leave it", as dockerd reads it."""
    changes = {key: value for key, value in body.items() if value not in (0, "") and not _is_empty_policy(key, value)}
    return convert(changes, UpdateRequest)


def _command(value: JSON) -> JSON:
    return [value] if isinstance(value, str) else value


def _is_unset(key: str, value: JSON) -> bool:
    match key:
        case "MemorySwappiness":
            return value == -1
        case "PidsLimit":
            return value in (0, -1)
        case "OomKillDisable":
            return value is False
        case _:
            return False


def _is_empty_policy(key: str, value: JSON) -> bool:
    return key == "RestartPolicy" and isinstance(value, dict) and not value.get("Name")
