"""Dockerfile instructions applied to an image's configuration: `--change` of commit and import."""

import json
import shlex
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from sdk.errors import InvalidArgument
from sdk.oci.image import ExecutionConfig

_SHELL = ("/bin/sh", "-c")


def apply_changes(config: ExecutionConfig, changes: Iterable[str]) -> ExecutionConfig:
    """Return the configuration after each instruction in turn. Raises InvalidArgument for one that is not allowed here."""
    for line in changes:
        name, _, rest = line.strip().partition(" ")
        apply = _INSTRUCTIONS.get(name.upper())
        if apply is None:
            raise InvalidArgument(f"{name.upper()} is not a valid change command")
        config = apply(config, rest.strip())
    return config


def _command(config: ExecutionConfig, text: str) -> tuple[str, ...]:
    """Return an exec form as it is and a shell form as an argument of the shell."""
    return _json_words(text) or (*(config.shell or _SHELL), text)


def _json_words(text: str) -> tuple[str, ...] | None:
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _pairs(text: str) -> dict[str, str]:
    """Read `name=value ...` with quotes, or the old form `name value`."""
    words = shlex.split(text)
    if words and "=" not in words[0]:
        name, _, value = text.partition(" ")
        return {name: value.strip()}
    pairs = [word.partition("=") for word in words]
    if not all(equals for _name, equals, _value in pairs):
        raise InvalidArgument(f"Syntax error - can't find = in {text!r}. Must be of the form: name=value")
    return {name: value for name, _equals, value in pairs}


def _env(config: ExecutionConfig, text: str) -> ExecutionConfig:
    added = _pairs(text)
    kept = [variable for variable in config.env if variable.partition("=")[0] not in added]
    return replace(config, env=(*kept, *(f"{name}={value}" for name, value in added.items())))


def _expose(config: ExecutionConfig, text: str) -> ExecutionConfig:
    ports = {port if "/" in port else f"{port}/tcp": dict[str, str]() for port in text.split()}
    return replace(config, exposed_ports={**config.exposed_ports, **ports})


def _volume(config: ExecutionConfig, text: str) -> ExecutionConfig:
    paths = _json_words(text) or tuple(shlex.split(text))
    return replace(config, volumes={**config.volumes, **{path: dict[str, str]() for path in paths}})


def _workdir(config: ExecutionConfig, text: str) -> ExecutionConfig:
    return replace(config, working_dir=text if text.startswith("/") else f"{config.working_dir.rstrip('/')}/{text}")


_INSTRUCTIONS: dict[str, Callable[[ExecutionConfig, str], ExecutionConfig]] = {
    "CMD": lambda config, text: replace(config, cmd=_command(config, text)),
    "ENTRYPOINT": lambda config, text: replace(config, entrypoint=_command(config, text)),
    "ENV": _env,
    "EXPOSE": _expose,
    "LABEL": lambda config, text: replace(config, labels={**config.labels, **_pairs(text)}),
    "ONBUILD": lambda config, text: replace(config, on_build=(*config.on_build, text)),
    "STOPSIGNAL": lambda config, text: replace(config, stop_signal=text),
    "USER": lambda config, text: replace(config, user=text),
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
