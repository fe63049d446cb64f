"""A stage as it grows: its layers, its configuration, its history, and the variables in scope."""

from dataclasses import dataclass, field, replace

from msgspec.structs import replace as with_fields

from sdk.builder import BaseImage, CachedStep, Stack
from sdk.oci.image import ExecutionConfig, History

DEFAULT_SHELL = ("/bin/sh", "-c")
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMMENT = "buildkit.dockerfile.v0"
PROXIES = frozenset(
    name for proxy in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy") for name in (proxy, proxy.upper())
)


@dataclass(frozen=True, slots=True)
class StageState:
    """Immutable; each instruction gives the next one. `arguments` are the ARGs in scope with their values, `history` entries without a
    time get the image's. `steps` are the cache keys of what the builder made, with the number of layers after each.
    `has_cmd` says that the stage itself has had a CMD."""

    stack: Stack = ()
    config: ExecutionConfig = ExecutionConfig()
    history: tuple[History, ...] = ()
    arguments: dict[str, str] = field(default_factory=dict)
    proxies: dict[str, str] = field(default_factory=dict)
    author: str = ""
    parent_image: str = ""
    key: str = ""
    steps: tuple[tuple[str, int], ...] = ()
    has_cmd: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """The image's variables."""
        return dict(variable.partition("=")[::2] for variable in self.config.env)

    @property
    def values(self) -> dict[str, str]:
        """What variables in instructions stand for: ENV beats ARG."""
        return {**self.proxies, **self.arguments, **self.environment}

    @property
    def process_environment(self) -> tuple[str, ...]:
        """What a RUN process gets: the same, without PATH made up."""
        return tuple(f"{name}={value}" for name, value in self.values.items())

    @property
    def shell(self) -> tuple[str, ...]:
        return self.config.shell or DEFAULT_SHELL


def based_on(image: BaseImage, proxies: dict[str, str]) -> StageState:
    """Return the state that a stage of an image begins with."""
    return with_path(
        StageState(
            stack=image.stack,
            config=image.config.config,
            history=image.config.history,
            proxies=proxies,
            author=image.config.author,
            parent_image=image.id,
        )
    )


def with_path(state: StageState) -> StageState:
    """Return the state with a PATH: images that have none get the usual one."""
    if "PATH" in state.environment:
        return state
    return replace(state, config=with_fields(state.config, env=(*state.config.env, f"PATH={DEFAULT_PATH}")))


def grown(state: StageState, made: CachedStep, key: str, created_by: str) -> StageState:
    """Return the state after a step that may have added a layer; its note is the time."""
    empty = len(made.stack) == len(state.stack)
    entry = History(created=made.note, created_by=created_by, comment=COMMENT, empty_layer=empty)
    steps = (*state.steps, (key, len(made.stack)))
    return replace(state, stack=made.stack, key=key, steps=steps, history=(*state.history, entry))
