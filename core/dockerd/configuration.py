"""The daemon's whole configuration: the command line, and `daemon.json` or `core.toml`."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from core.config import DEFAULT_FILE, ConfigurationError, Settings, combine, load_settings
from core.dockerd.file import FileRefused, options_of, read_file
from core.dockerd.flags import Flags
from core.dockerd.json_values import from_json
from core.dockerd.options import FILE_ONLY, OPTIONS, Option
from core.dockerd.styles import Style
from core.dockerd.tls import with_dockers_tls
from core.dockerd.values import ValueRefused, from_texts

DAEMON_JSON = Path("/etc/docker/daemon.json")

_OF_DAEMON_JSON: dict[str, JsonValue] = {"live_restore": False}
"""Docker's defaults where they are not ours, for an administrator who configures the daemon as Docker's."""

_STORAGE = {"overlay2": "overlay", "overlayfs": "overlay"}
_METRICS = "api_metrics"
"""The plugin whose frontend is on when its table gives it an address."""
_TRACES = "otlp"
"""The plugin, and its observer, which is on when its table gives it an endpoint."""

_RESERVED = frozenset({"config-file", "validate", "version", "help", "restart"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """`file` is the `daemon.json` that was read, if one was, and `in_file` the options it sets. `ignored` names options that were given
    and have no effect."""

    settings: Settings
    flags: Flags
    style: Style
    file: Path | None = None
    in_file: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()


def load_configuration(flags: Flags, style: Style) -> Configuration:
    """Return the configuration. Raises ConfigurationError in one sentence, FlagError."""
    named = flags.text("config-file")
    path = Path(named) if named else style.file
    given = {option: from_texts(option, flags.given[option.flag]) for option in OPTIONS if _sets(option, flags)}
    if not is_daemon_json(path, style):
        from_flags = _nested(given)
        settings = load_settings(from_flags, Path(named) if named else None)
        return Configuration(_finished(settings), flags, style, ignored=_ignored(given))
    try:
        values = _file_values(path, optional=not named)
        in_file = {option: from_json(option, value) for option, value in options_of(values, flags)}
    except (FileRefused, ValueRefused, OSError) as error:
        reason = f"open {path}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)
        raise ConfigurationError(f"unable to configure the Docker daemon with file {path}: {reason}") from None
    runtimes = _merged_runtimes(given, in_file)
    file = _with_defaults(_nested(in_file | runtimes), _OF_DAEMON_JSON, style.defaults)
    settings = combine(_nested({key: value for key, value in given.items() if key not in runtimes}), file, str(path))
    keys = frozenset(option.flag for option in in_file)
    if style.reads_daemon_json:
        settings = with_dockers_tls(settings, keys | flags.given.keys())
    settings = _finished(settings)
    ignored = (*_ignored(given | in_file), *sorted(values.keys() & FILE_ONLY))
    return Configuration(settings, flags, style, path, keys, ignored)


def is_daemon_json(path: Path, style: Style) -> bool:
    """Tell whether a configuration file is one of Docker's: by the style, its name, or a first character of `{`."""
    if style.reads_daemon_json or path.suffix == ".json":
        return True
    try:
        return path != DEFAULT_FILE and path.read_bytes()[:64].lstrip().startswith(b"{")
    except OSError:
        return False


def _sets(option: Option, flags: Flags) -> bool:
    return option.flag in flags.given and option.flag not in _RESERVED


def _file_values(path: Path, *, optional: bool) -> dict[str, JsonValue]:
    try:
        return read_file(path)
    except FileNotFoundError:
        if optional:
            return {}
        raise


def _merged_runtimes(given: Mapping[Option, JsonValue], in_file: Mapping[Option, JsonValue]) -> dict[Option, JsonValue]:
    """Return the runtimes of both sides: the one option that may be given twice."""
    for option, runtimes in given.items():
        others = in_file.get(option)
        if option.key == "runtimes" and isinstance(runtimes, dict) and isinstance(others, dict):
            return {option: {**others, **runtimes}}
    return {}


def _nested(values: Mapping[Option, JsonValue]) -> dict[str, JsonValue]:
    """Return the settings that options stand for. Raises ConfigurationError for what cannot be honoured."""
    settings: dict[str, JsonValue] = {}
    for option, value in values.items():
        if option.refused and value:
            raise ConfigurationError(f"--{option.flag}: {option.refused}")
        if option.setting:
            _put(settings, option.setting.split("."), _own(option, value))
    return settings


def _put(settings: MutableMapping[str, JsonValue], path: Sequence[str], value: JsonValue) -> None:
    *tables, key = path
    for table in tables:
        inner = settings.setdefault(table, {})
        if isinstance(inner, dict):
            settings = inner
    settings[key] = value


def _own(option: Option, value: JsonValue) -> JsonValue:
    """Return a value in our words."""
    if option.flag == "storage-driver" and isinstance(value, str):
        return _STORAGE.get(value, value or "overlay")
    if option.flag == "seccomp-profile":
        return value or "builtin"
    if option.flag == "cdi-spec-dir" and value == [""]:
        return []
    if option.flag == "host" and isinstance(value, list):
        return [host for host in value if host not in ("", "tcp://")]
    return value


def _with_defaults(values: dict[str, JsonValue], *layers: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return values over default ones, tables key by key."""
    for layer in layers:
        for key, value in layer.items():
            own = values.get(key)
            if isinstance(value, dict) and isinstance(own, dict):
                values[key] = _with_defaults(own, value)
            else:
                values.setdefault(key, value)
    return values


def _finished(settings: Settings) -> Settings:
    """Return settings with what follows from others. Raises ConfigurationError for labels that contradict each other."""
    changes: dict[str, object] = {}
    if (labels := tuple(_distinct(settings.labels))) != settings.labels:
        changes["labels"] = labels
    if settings.features.get("cdi") is False:
        changes["cdi_spec_dirs"] = ()
    if settings.features.get("buildkit") is False:
        table = {"builder_version": "1", **settings.plugins.get("api_docker", {})}
        changes["plugins"] = {**settings.plugins, "api_docker": table}
    chosen: dict[str, tuple[str, ...]] = {}
    if settings.plugins.get(_METRICS, {}).get("address") and "metrics" not in settings.drivers.frontends:
        chosen["frontends"] = (*settings.drivers.frontends, "metrics")
    if settings.plugins.get(_TRACES, {}).get("endpoint") and _TRACES not in settings.drivers.observers:
        chosen["observers"] = (*settings.drivers.observers, _TRACES)
    if chosen:
        changes["drivers"] = settings.drivers.model_copy(update=chosen)
    return settings.model_copy(update=changes) if changes else settings


def _distinct(labels: Sequence[str]) -> Iterator[str]:
    values: dict[str, str] = {}
    for label in labels:
        name, _, value = label.partition("=")
        if values.setdefault(name, value) != value:
            raise ConfigurationError(f"conflict labels for {name}={value} and {name}={values[name]}")
    return (f"{name}={value}" for name, value in values.items())


def _ignored(values: Mapping[Option, JsonValue]) -> tuple[str, ...]:
    return tuple(f"--{option.flag}" for option in values if not option.setting and not option.refused)
