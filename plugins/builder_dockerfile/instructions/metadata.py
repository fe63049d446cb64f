"""Instructions that change the configuration alone. Pure."""

import posixpath
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from msgspec.structs import replace as with_fields

from plugins.builder_dockerfile.language.errors import DockerfileError
from plugins.builder_dockerfile.language.instructions import (
    Cmd,
    Command,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    StopSignal,
    User,
    Volume,
)
from plugins.builder_dockerfile.language.numbers import whole_number
from plugins.builder_dockerfile.language.variables import expand, expand_words
from plugins.builder_dockerfile.state import COMMENT, StageState
from sdk.oci.image import ExecutionConfig, History
from sdk.oci.ports import HIGHEST_PORT
from sdk.oci.signals import HIGHEST_SIGNAL, SIGNALS

_PORT = re.compile(r"([0-9]+)(?:-([0-9]+))?(?:/(tcp|udp|sctp))?", re.IGNORECASE)

Apply = Callable[[StageState, "Expander"], StageState]
B = TypeVar("B")


class Expander:
    """Puts in the variables as they were before the instruction."""

    def __init__(self, state: StageState, escape: str) -> None:
        self.values = state.values
        self._escape = escape

    def word(self, text: str) -> str:
        return expand(text, self.values, self._escape)

    def words(self, text: str) -> list[str]:
        return expand_words(text, self.values, self._escape)


def apply_metadata(body: object, state: StageState, expander: Expander) -> StageState | None:
    """Return the state after an instruction; None if it needs more than the configuration. Raises DockerfileError."""
    for kind, apply in _APPLY:
        if isinstance(body, kind):
            return apply(body, state, expander)
    return None


def add_history(state: StageState, created_by: str) -> StageState:
    """Return the state with one more entry in its history, of a step without a layer."""
    entry = History(created_by=created_by, comment=COMMENT, empty_layer=True)
    return replace(state, history=(*state.history, entry))


def configured(state: StageState, config: ExecutionConfig, created_by: str) -> StageState:
    """Return the state with another configuration."""
    return add_history(replace(state, config=config), created_by)


def merged_env(env: tuple[str, ...], pairs: dict[str, str]) -> tuple[str, ...]:
    """Return variables with some set: a known one keeps its place."""
    values = {**dict(variable.partition("=")[::2] for variable in env), **pairs}
    return tuple(f"{name}={value}" for name, value in values.items())


def _env(body: Env, state: StageState, expander: Expander) -> StageState:
    pairs = {expander.word(name): expander.word(value) for name, value in body.pairs}
    config = with_fields(state.config, env=merged_env(state.config.env, pairs))
    return configured(state, config, "ENV " + " ".join(f"{name}={value}" for name, value in pairs.items()))


def _label(body: Label, state: StageState, expander: Expander) -> StageState:
    pairs = {expander.word(name): expander.word(value) for name, value in body.pairs} if body.expands else dict(body.pairs)
    config = with_fields(state.config, labels={**state.config.labels, **pairs})
    return configured(state, config, "LABEL " + " ".join(f"{name}={value}" for name, value in pairs.items()))


def _cmd(body: Cmd, state: StageState, expander: Expander) -> StageState:
    del expander
    words = command_words(body.command, state)
    return configured(replace(state, has_cmd=True), with_fields(state.config, cmd=words or None), f"CMD {_shown(words)}")


def _entrypoint(body: Entrypoint, state: StageState, expander: Expander) -> StageState:
    """An entrypoint of the image's own makes a command that was inherited meaningless."""
    del expander
    words = command_words(body.command, state)
    cmd = state.config.cmd if state.has_cmd else None
    return configured(state, with_fields(state.config, entrypoint=words or None, cmd=cmd), f"ENTRYPOINT {_shown(words)}")


def command_words(command: Command, state: StageState) -> tuple[str, ...]:
    """Return the argument vector: the shell form goes to the shell. An empty array, or nothing at all, is no command."""
    if command.shell:
        return (*state.shell, *command.words) if command.words != ("",) else ()
    return command.words


def _shown(words: tuple[str, ...]) -> str:
    return "[" + " ".join(f'"{word}"' for word in words) + "]"


def _expose(body: Expose, state: StageState, expander: Expander) -> StageState:
    ports = [port for text in sorted(expander.words(body.text)) for port in _ports(text)]
    exposed = {**state.config.exposed_ports, **{port: dict[str, str]() for port in ports}}
    return configured(state, with_fields(state.config, exposed_ports=exposed), f"EXPOSE {_shown_map(ports)}")


def _ports(text: str) -> list[str]:
    match = _PORT.fullmatch(text.rpartition(":")[2])
    first, last = (whole_number(match[1]), whole_number(match[2] or match[1])) if match else (None, None)
    if match is None or first is None or last is None or not first <= last <= HIGHEST_PORT:
        raise DockerfileError(f"invalid containerPort: {text}")
    return [f"{port}/{(match[3] or 'tcp').lower()}" for port in range(first, last + 1)]


def _shown_map(names: list[str]) -> str:
    return "[" + " ".join(names) + "]"


def _volume(body: Volume, state: StageState, expander: Expander) -> StageState:
    paths = [expander.word(path) for path in body.paths]
    if not all(path.strip() for path in paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    volumes = {**state.config.volumes, **{path: dict[str, str]() for path in paths}}
    return configured(state, with_fields(state.config, volumes=volumes), f"VOLUME {_shown_map(paths)}")


def _user(body: User, state: StageState, expander: Expander) -> StageState:
    user = expander.word(body.user)
    return configured(state, with_fields(state.config, user=user), f"USER {user}")


def _stop_signal(body: StopSignal, state: StageState, expander: Expander) -> StageState:
    signal = expander.word(body.signal)
    if not _is_signal(signal):
        raise DockerfileError(f"Invalid signal: {signal}")
    return configured(state, with_fields(state.config, stop_signal=signal), f"STOPSIGNAL {signal}")


def _is_signal(text: str) -> bool:
    number = whole_number(text)
    if number is not None:
        return 1 <= number <= HIGHEST_SIGNAL
    return text.upper().removeprefix("SIG") in SIGNALS


def _shell(body: Shell, state: StageState, expander: Expander) -> StageState:
    del expander
    return configured(state, with_fields(state.config, shell=body.words), f"SHELL [{' '.join(body.words)}]")


def _healthcheck(body: Healthcheck, state: StageState, expander: Expander) -> StageState:
    del expander
    shown = " ".join(body.config.test)
    return configured(state, with_fields(state.config, healthcheck=body.config), f"HEALTHCHECK {shown}")


def _maintainer(body: Maintainer, state: StageState, expander: Expander) -> StageState:
    del expander
    return add_history(replace(state, author=body.name), f"MAINTAINER {body.name}")


def _onbuild(body: Onbuild, state: StageState, expander: Expander) -> StageState:
    del expander
    config = with_fields(state.config, on_build=(*state.config.on_build, body.text))
    return configured(state, config, f"ONBUILD {body.text}")


def working_directory(state: StageState, path: str) -> str:
    """Return the absolute path of a path in a stage."""
    return posixpath.normpath(posixpath.join("/", state.config.working_dir, path))


_APPLY: tuple[tuple[type, Callable[..., StageState]], ...] = (
    (Env, _env),
    (Label, _label),
    (Cmd, _cmd),
    (Entrypoint, _entrypoint),
    (Expose, _expose),
    (Volume, _volume),
    (User, _user),
    (StopSignal, _stop_signal),
    (Shell, _shell),
    (Healthcheck, _healthcheck),
    (Maintainer, _maintainer),
    (Onbuild, _onbuild),
)
