"""The daemon's settings: flags over environment (`CORE_...`) over file (TOML).

`[drivers]` chooses drivers by name. `[plugins.NAME]` belongs to the plugin of that entry point and is validated by its own model
when the plugin is known; here it is any table.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from core.defaults import BridgeDefaults, ContainerDefaults, NamedRuntime, NetworkDefaults, Proxies, Transfers, is_url
from sdk.linux import capabilities
from sdk.providers import Kind

DEFAULT_FILE = Path("/etc/core/core.toml")


class StartupError(Exception):
    """The daemon cannot start. The message is one sentence for the person at the terminal."""


class ConfigurationError(StartupError):
    """A setting is wrong; the message names it."""


def _checked_host(host: str) -> str:
    if not host.startswith(("unix://", "tcp://", "fd://")):
        raise ValueError(f"{host!r} is not of the form unix://PATH, tcp://ADDRESS:PORT or fd://")
    if host.startswith("tcp://") and not is_url(host):
        raise ValueError(f"{host!r} is not of the form tcp://ADDRESS:PORT")
    return host


def _checked_mirror(url: str) -> str:
    if not is_url(url if "://" in url else f"//{url}"):
        raise ValueError(f"{url!r} is not a URL")
    return url


def _checked_pair(text: str) -> str:
    if "=" not in text:
        raise ValueError(f"{text!r} is not of the form NAME=VALUE")
    return text


_SPACE = r"^(\d+(\.\d+)?\s*(%|[kKmMgGtTpP]?i?[bB]?))?$"
_DURATION = r"^((\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?)?$"


def _checked_capability(name: str) -> str:
    if name not in capabilities.NAMES:
        raise ValueError(f"{name!r} is no capability, such as CAP_SYS_ADMIN")
    return name


Capability = Annotated[str, AfterValidator(_checked_capability)]
Host = Annotated[str, AfterValidator(_checked_host)]
Mirror = Annotated[str, AfterValidator(_checked_mirror)]
Label = Annotated[str, AfterValidator(_checked_pair)]


Names = Annotated[tuple[str, ...], AfterValidator(lambda names: tuple(dict.fromkeys(names)))]


class DriverChoice(BaseModel):
    """Which driver of each kind is used, by name. Of networks, volumes, logs and runtimes this is the default one; of verifiers
    and authorizers all must agree, and observers are asked in this order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    storage: str = Field(default="overlay", description="keeps images and containers; a data root belongs to one")
    runtime: str = Field(default="ns", description="runs containers whose creator names no runtime")
    network: str = Field(
        default="bridge", description="makes the network `bridge`; for others clients name a driver, by default `bridge`"
    )
    registry: str = Field(default="hub", description="speaks to the registries that no other backend claims")
    volume: str = Field(default="local", description="keeps volumes for which no driver is named; Docker's clients name `local`")
    log: str = Field(default="json-file", description="keeps logs of containers whose creator names no log driver")
    builder: str = Field(default="dockerfile", description="makes images")
    frontends: tuple[str, ...] = Field(default=("docker", "buildkit"), description="the APIs that are served")
    verifiers: tuple[str, ...] = Field(default=("allowlist",), description="policies about images: all must accept one")
    authorizers: Names = Field(default=(), description="policies about requests, asked in this order: all must allow one")
    observers: Names = Field(default=(), description="see events and may amend containers, in this order")

    def names(self, kind: Kind) -> tuple[str, ...]:
        """Return the chosen drivers of a kind."""
        several = {
            Kind.FRONTEND: self.frontends,
            Kind.VERIFIER: self.verifiers,
            Kind.AUTHORIZER: self.authorizers,
            Kind.OBSERVER: self.observers,
        }
        chosen = {
            Kind.STORAGE: self.storage,
            Kind.RUNTIME: self.runtime,
            Kind.NETWORK: self.network,
            Kind.REGISTRY: self.registry,
            Kind.VOLUME: self.volume,
            Kind.LOG: self.log,
            Kind.BUILDER: self.builder,
        }
        return several[kind] if kind in several else (chosen[kind],)


class GcSettings(BaseModel):
    """When the daemon removes images that no container uses. Both empty: never."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_free: str = Field(
        default="",
        pattern=_SPACE,
        description="what of the disk shall stay free, such as 10GB or 15%: while it does not, the longest unused images go",
    )
    max_age: str = Field(default="", pattern=_DURATION, description="images that no container used for so long go, such as 720h")
    interval: float = Field(default=600.0, gt=0, description="seconds between two looks")


class IsolationSettings(BaseModel):
    """A plugin whose drivers have processes of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="run each driver of the plugin in a process of its own")
    capabilities: tuple[Capability, ...] = Field(
        default=(), description="capabilities of these processes beyond those that their kind needs, such as CAP_SYS_ADMIN"
    )


class Settings(BaseSettings):
    """Everything the daemon can be told. Immutable; an unknown key is an error."""

    model_config = SettingsConfigDict(env_prefix="CORE_", env_nested_delimiter="__", frozen=True, extra="forbid")

    hosts: tuple[Host, ...] = Field(("unix:///run/core/core.sock",), description="where to listen: unix://, tcp:// or fd://")
    data_root: Path = Field(Path("/var/lib/core"), description="what is kept: images, volumes, containers, the database")
    exec_root: Path = Field(Path("/run/core"), description="what lives until the next boot; on tmpfs")
    pidfile: Path | None = Field(None, description="where the daemon writes its process ID; EXEC_ROOT/core.pid if not given")
    log_level: Literal["debug", "info", "warn", "error", "fatal"] = Field(default="info", description="which lines the daemon logs")
    debug: bool = Field(default=False, description="log at the level debug, whatever log_level says")
    log_format: Literal["text", "json"] = Field("text", description="lines of text, or a JSON object a line")
    group: str = Field("docker", description="group that may use the unix socket, if it exists")
    tls: bool = Field(default=False, description="use TLS")
    tlsverify: bool = Field(default=False, description="use TLS and demand a client certificate")
    tlscacert: Path | None = Field(default=None, description="PEM file of the authorities whose client certificates count")
    tlscert: Path | None = Field(default=None, description="PEM file of the daemon's certificate")
    tlskey: Path | None = Field(default=None, description="PEM file of its key")
    allow_plain_tcp: bool = Field(default=False, description="listen on TCP without TLS beyond loopback: every client is root")
    api_names: tuple[str, ...] = Field(
        (), description="host names under which web browsers may reach TCP without TLS, beside addresses and the machine's own name"
    )
    insecure_registries: tuple[str, ...] = Field(
        (), description="registries (HOST[:PORT] or CIDR) reached by HTTP or unverified TLS"
    )
    registry_mirrors: tuple[Mirror, ...] = Field((), description="URLs tried before Docker Hub")
    keep_blobs: bool = Field(
        default=True,
        description="keep the archives of layers once they are unpacked; otherwise they are rebuilt when they are given away",
    )
    disabled_plugins: Names = Field((), description="installed plugins that are not loaded, by name")
    strict_plugins: bool = Field(default=False, description="any broken plugin keeps the daemon from starting")
    gc: GcSettings = GcSettings()
    log_opts: dict[str, str] = Field({}, description="default options of the default log driver")
    labels: tuple[Label, ...] = Field(default=(), description="labels of this daemon, KEY=VALUE, which `docker info` shows")
    live_restore: bool = Field(
        default=True, description="containers run on while the daemon does not; otherwise it stops them when it stops"
    )
    shutdown_timeout: int = Field(15, description="seconds the daemon waits for containers it stops; below 0: for ever")
    features: dict[str, bool] = Field({}, description="Docker's features: `buildkit` false sends clients to the classic builder")
    containers: ContainerDefaults = ContainerDefaults()
    bridge: BridgeDefaults = BridgeDefaults()
    networks: NetworkDefaults = NetworkDefaults()
    proxies: Proxies = Proxies()
    transfers: Transfers = Transfers()
    runtimes: dict[str, NamedRuntime] = Field({}, description="further programs that containers may name as their runtime")
    cdi_spec_dirs: tuple[str, ...] = Field(("/etc/cdi", "/var/run/cdi"), description="where CDI specifications are")
    default_ulimits: tuple[str, ...] = Field((), description="limits of containers that set none: NAME=SOFT[:HARD]")
    drivers: DriverChoice = DriverChoice()
    deadlines: dict[str, dict[str, Annotated[float, Field(gt=0)]]] = Field(
        default={},
        description="seconds that the daemon waits for a method of a kind of driver, where they are not to be the method's own",
    )
    isolation: dict[str, IsolationSettings] = Field(
        default={}, description="plugins whose drivers have processes of their own: a table each"
    )
    plugins: dict[str, dict[str, JsonValue]] = Field(default={}, description="settings of plugins: a table each")


def load_settings(flags: Mapping[str, JsonValue], config_file: Path | None = None) -> Settings:
    """Return the settings of flags, environment and a TOML file. Raises ConfigurationError in one sentence, also for a named file that
    cannot be read.

    The default file need not exist.
    """
    path = config_file or DEFAULT_FILE
    if config_file and not config_file.exists():
        raise ConfigurationError(f"{config_file}: no such configuration file")
    try:
        file: Mapping[str, JsonValue] = tomllib.loads(path.read_text()) if path.exists() else {}
    except (tomllib.TOMLDecodeError, OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return combine(flags, file, str(path))


def combine(flags: Mapping[str, JsonValue], file: Mapping[str, JsonValue], name: str) -> Settings:
    """Return the settings of flags over environment over a file's values; tables are merged key by key. `name` is the file's, for
    messages. Raises ConfigurationError."""

    class FileSettings(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings
            return init_settings, env_settings, InitSettingsSource(settings_cls, dict(file))

    build: Callable[..., Settings] = FileSettings
    try:
        return build(**flags)
    except ValidationError as error:
        raise ConfigurationError("; ".join(describe(error, name))) from error
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def describe(error: ValidationError, file: str, table: str = "") -> Iterator[str]:
    """Yield a sentence per mistake that names the table (the file for a top-level key) and the key:
    `plugins.storage_overlay: unknown key "foo"`."""
    for detail in error.errors():
        yield _sentence(detail, file, table)


def _sentence(detail: ErrorDetails, file: str, table: str) -> str:
    *path, key = detail["loc"] or ("",)
    where = ".".join([table] * bool(table) + [str(part) for part in path]) or file
    if detail["type"] == "extra_forbidden":
        return f'{where}: unknown key "{key}"'
    return f"{where}: {key}: {detail['msg'].removeprefix('Value error, ')}"
