"""Every operation of the API, from the application's own routes, and requests for them.

Where there is a published definition (tests/definitions.py), its parameters are asked for as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import msgspec
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from plugins.api_docker.app import ROUTERS
from plugins.api_docker.models.execs import ExecConfig, ExecStart
from plugins.api_docker.models.images import AuthConfig
from plugins.api_docker.models.networks import ConnectBody, DisconnectBody, NetworkCreateBody
from plugins.api_docker.models.volumes import VolumeCreateBody
from sdk.docker.bodies import ContainerConfig, EndpointConfig, HostConfig, UpdateRequest
from tests import definitions
from tests.fuzz.api.archives import archive
from tests.fuzz.api.values import NAMES, ODD, PATHS, Values

BODIES: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "/containers/create": (ContainerConfig,),
    "/containers/{name:path}/update": (UpdateRequest,),
    "/containers/{name:path}/exec": (ExecConfig,),
    "/exec/{exec_id}/start": (ExecStart,),
    "/commit": (ContainerConfig,),
    "/networks/create": (NetworkCreateBody,),
    "/networks/{name:path}/connect": (ConnectBody,),
    "/networks/{name:path}/disconnect": (DisconnectBody,),
    "/volumes/create": (VolumeCreateBody,),
    "/auth": (AuthConfig,),
    "/plugins/pull": (),
}
ARCHIVES = ("/build", "/images/load", "/images/create", "/containers/{name:path}/archive", "/volumes/{name:path}/archive")
VERSIONS = ("", "", "/v1.24", "/v1.41", "/v1.44", "/v1.51", "/v1.x", "/v99999999999999999999.1", "/v1.51/v1.51")
HEADERS = ("X-Registry-Auth", "X-Registry-Config", "Content-Type", "Upgrade", "Connection", "Accept", "Origin", "Sec-WebSocket-Key")
_SWARM = ("swarm", "nodes", "services", "tasks", "secrets", "configs")
_DEEP = (
    "/containers/create",
    "/containers/{name:path}/start",
    "/containers/{name:path}/exec",
    "/exec/{exec_id}/start",
    "/networks/create",
    "/build",
)
"""What reaches furthest into the engine."""

_PARAMETER = re.compile(r"\{[^}]*\}")
_WRONG_TYPES = ("", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=x", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    parameters: tuple[str, ...]


@dataclass(slots=True)
class Call:
    """One request, as it goes out."""

    method: str
    target: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.headers} {(self.body or b'')[:600]!r}"


@cache
def operations() -> tuple[Operation, ...]:
    """Return all operations; those of swarm mode, which all do the same, only now and then."""
    found = {
        (method, route.path): Operation(
            method, route.path, tuple(sorted({*_parameters(route.dependant), *_published(method, route.path)}))
        )
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    every = [operation for _, operation in sorted(found.items())]
    rare = [operation for operation in every if operation.path.split("/")[1] in _SWARM]
    weights = {operation: 40 if operation.path in _DEEP else 10 for operation in every if operation not in rare}
    return (*rare, *(operation for operation, weight in weights.items() for _ in range(weight)))


def call(operation: Operation, values: Values) -> Call:
    """Return a request for an operation."""
    dice = values.dice
    made = Call(operation.method, dice.choice(VERSIONS) + _path(operation.path, values) + _query(operation, values))
    if operation.path in ARCHIVES and operation.method in ("POST", "PUT"):
        made.body = archive(dice)
        made.headers["Content-Type"] = "application/x-tar"
    elif operation.method in ("POST", "PUT"):
        made.body = _body(operation.path, values)
        made.headers["Content-Type"] = "application/json"
    if dice.random() < 0.05:
        made.headers[dice.choice(HEADERS)] = (
            dice.choice((*ODD, *_WRONG_TYPES, "websocket", "h2c", "tcp")).encode().decode("latin-1")
        )
    made.headers = {name: "".join(c for c in value if c not in "\r\n\0") for name, value in made.headers.items()}
    return made


def _body(path: str, values: Values) -> bytes:
    if path != "/containers/create" or values.dice.random() < 0.1:
        return values.body(BODIES.get(path, ()))
    return values.body((ContainerConfig, _Placed))


class _Placed(msgspec.Struct):
    """What a create body has beside the configuration."""

    host_config: HostConfig = msgspec.field(name="HostConfig")
    networking: dict[str, dict[str, EndpointConfig]] = msgspec.field(name="NetworkingConfig")


def _path(template: str, values: Values) -> str:
    dice = values.dice
    if template.startswith("/containers/{") and dice.random() < 0.5:
        template = template.replace("{name:path}", "c0", 1)
    parts = []
    for part in template.split("/"):
        name = values.name()
        parts.append(quote(name, safe="" if dice.random() < 0.5 else "/:@") if part.startswith("{") else part)
    return "/".join(parts)


def _query(operation: Operation, values: Values) -> str:
    dice = values.dice
    share = dice.choice((0.0, 0.3, 0.7))
    pairs = [(name, _value(operation, name, values)) for name in operation.parameters if dice.random() < share or name in _NEEDED]
    if dice.random() < 0.02:
        pairs.append((values.text(), values.text()))
    return "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs) if pairs else ""


_NEEDED = ("path", "fromSrc", "container", "name", "h", "w")


def _value(operation: Operation, name: str, values: Values) -> str:
    dice = values.dice
    match name:
        case "filters":
            return values.filters()
        case "path":
            return dice.choice((*PATHS, values.text()))
        case "fromSrc":
            return dice.choice(("-", "-", "-", "http://127.0.0.1:1/x", values.text()))
        case "name" | "container" | "repo" | "names":
            return dice.choice(NAMES) if dice.random() < 0.8 else values.text()
        case "h" | "w":
            return dice.choice(("24", "80", values.text()))
        case "remote":
            return "" if operation.path == "/build" and dice.random() < 0.8 else values.text()
        case "follow" | "stream":
            return dice.choice(("0", "0", "1"))
        case "t" | "timeout":
            return dice.choice(("0", "1", "", "x", "-1"))
        case "version":
            return dice.choice(("1", "1", "1", "2", "x"))
        case _:
            return dice.choice((values.flag, values.text, lambda: str(values.json(2))))()


_BUILD = ("dockerfile", "t", "remote", "q", "nocache", "pull", "rm", "buildargs", "labels", "target", "platform", "outputs", "version", "memory",
          "memswap", "cpushares", "cpuquota", "cpusetcpus", "shmsize", "networkmode", "extrahosts", "cachefrom", "squash")  # fmt: skip


def _parameters(dependant: Dependant) -> Sequence[str]:
    names = [parameter.alias for parameter in dependant.query_params]
    for nested in dependant.dependencies:
        names.extend(_parameters(nested))
    return [*names, *(_BUILD if dependant.call is not None and dependant.call.__name__ == "build_image" else ())]


def _published(method: str, path: str) -> Sequence[str]:
    operation = _definition().get(_PARAMETER.sub("{}", path), {}).get(method.lower(), {})
    return [parameter["name"] for parameter in operation.get("parameters", ()) if parameter.get("in") == "query"]


@cache
def _definition() -> dict[str, dict[str, dict[str, list[dict[str, str]]]]]:
    """Return the published paths, whatever they call their parameters."""
    paths = definitions.newest()["paths"] if definitions.published() else {}
    return {_PARAMETER.sub("{}", path): operations for path, operations in paths.items()}
