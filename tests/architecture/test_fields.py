"""A field that a client may send does something: what is accepted, kept and never read misleads the client that sends it."""

import ast
from collections.abc import Iterator

from core.dockerd.options import OPTIONS
from tests.architecture.source import modules

REQUESTS = {
    "sdk/docker/bodies.py": None,
    "sdk/engine/config.py": None,
    "sdk/engine/modes.py": None,
    "sdk/engine/mounts.py": None,
    "sdk/engine/security.py": None,
    "sdk/engine/containers.py": {"CreateRequest", "ListRequest", "AttachRequest", "ExecRequest"},
    "sdk/engine/networks.py": {"SubnetConfig", "NetworkCreate"},
    "sdk/engine/volumes.py": {"VolumeCreate"},
    "sdk/engine/images.py": {"PullRequest", "CommitRequest", "ImageListRequest"},
    "sdk/engine/builds.py": {"BuildRequest", "BuildLimits", "CacheImport", "CacheExport", "NamedContext", "BuildPruneRequest"},
    "sdk/engine/system.py": {"EventsRequest"},
    "core/config.py": {"Settings", "GcSettings", "DriverChoice", "IsolationSettings"},
    "core/defaults.py": None,
}
"""The files that say what may be asked for, and which of their classes are requests: None for all."""

WITHOUT_EFFECT = {
    "ContainerConfig.args_escaped": "Windows only, as in Docker",
    "ContainerConfig.attach_stdin": "the client that attaches says what it wants; dockerd keeps it as well",
    "ContainerConfig.attach_stdout": "as attach_stdin",
    "ContainerConfig.attach_stderr": "as attach_stdin",
    "HostConfig.cgroup": "no dockerd reads it",
    "HostConfig.container_id_file": "the client writes that file",
    "MountRequest.consistency": "only where the engine runs in a virtual machine; dockerd ignores it as well",
    "NetworkCreate.attachable": "swarm only, as in Docker",
}
"""What Docker accepts and ignores too, or refuses as a whole."""

UNDERSTOOD_AT_THE_DOOR = {
    "HostConfig.binds": "become mounts",
    "HostConfig.tmpfs": "as binds",
    "HostConfig.security_opt": "becomes `security`",
    "HostConfig.isolation": "one that Linux does not have is refused",
}
"""What only `sdk.docker.create` reads."""

_ECHOES = ("plugins/api_docker/convert/", "sdk/docker/create.py", "sdk/docker/inspect.py")
"""Here fields are handed on or told to clients again, which is no use of them."""


def _requests() -> Iterator[tuple[str, str]]:
    """Yield class and field of everything that may be asked for."""
    for path, wanted in REQUESTS.items():
        for statement in modules()[path].body:
            if isinstance(statement, ast.ClassDef) and (wanted is None or statement.name in wanted):
                for line in statement.body:
                    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                        yield statement.name, line.target.id


def _read() -> set[str]:
    """Return the names of all attributes that are read outside of the answers to clients."""
    names: set[str] = set()
    for path, module in modules().items():
        if not path.startswith((*_ECHOES, "sdk/testing/")):
            loads = (node for node in ast.walk(module) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load))
            names.update(node.attr for node in loads)
    return names


def test_every_field_of_a_request_is_read() -> None:
    requests, read = list(_requests()), _read()
    unread = {f"{owner}.{field}" for owner, field in requests if field not in read}
    assert unread - WITHOUT_EFFECT.keys() - UNDERSTOOD_AT_THE_DOOR.keys() == set()
    assert WITHOUT_EFFECT.keys() | UNDERSTOOD_AT_THE_DOOR.keys() <= {f"{owner}.{field}" for owner, field in requests}


def test_every_option_of_dockerd_names_a_setting_there_is() -> None:
    """An option without a setting is named in the log as one without effect; one with a setting must not miss it."""
    settings = {field for _, field in _requests()}
    for option in OPTIONS:
        for part in option.setting.split(".") if option.setting and not option.setting.startswith("plugins.") else ():
            assert part in settings, option
