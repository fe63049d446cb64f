"""Typed instructions. Texts still hold variables where the reference lets them."""

from dataclasses import dataclass
from typing import TypeAlias

from plugins.builder_dockerfile.language.statements import Heredoc
from sdk.oci.image import HealthcheckConfig

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line: the JSON form as it is, or in the shell form one text for the shell."""

    words: tuple[str, ...]
    shell: bool
    heredocs: tuple[Heredoc, ...] = ()


@dataclass(frozen=True, slots=True)
class From:
    image: str
    name: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Arg:
    """Names with their defaults; None is no default."""

    arguments: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Env:
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """`expands` says that variables and quotes are still to be replaced."""

    pairs: tuple[Pair, ...]
    expands: bool = True


@dataclass(frozen=True, slots=True)
class StepMountFlag:
    """One `RUN --mount`. `size` in bytes, `mode` a permission number or None for the type's own default."""

    type: str = "bind"
    target: str = ""
    source: str = ""
    from_: str = ""
    readonly: bool = False
    id: str = ""
    sharing: str = "shared"
    size: int = 0
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    required: bool = False
    env: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    command: Command
    mounts: tuple[StepMountFlag, ...] = ()
    network: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY, and ADD if `add`. `unpack` None is ADD's own judgement."""

    sources: tuple[str, ...]
    destination: str
    heredocs: tuple[Heredoc, ...] = ()
    add: bool = False
    from_: str = ""
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    exclude: tuple[str, ...] = ()
    checksum: str = ""
    keep_git_dir: bool = False
    unpack: bool | None = None

    @property
    def keyword(self) -> str:
        return "ADD" if self.add else "COPY"


@dataclass(frozen=True, slots=True)
class Cmd:
    command: Command


@dataclass(frozen=True, slots=True)
class Entrypoint:
    command: Command


@dataclass(frozen=True, slots=True)
class Shell:
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expose:
    text: str


@dataclass(frozen=True, slots=True)
class Volume:
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User:
    user: str


@dataclass(frozen=True, slots=True)
class Workdir:
    path: str


@dataclass(frozen=True, slots=True)
class StopSignal:
    signal: str


@dataclass(frozen=True, slots=True)
class Maintainer:
    name: str


@dataclass(frozen=True, slots=True)
class Healthcheck:
    config: HealthcheckConfig


@dataclass(frozen=True, slots=True)
class Onbuild:
    """`text` is the trigger as the image keeps it."""

    text: str


Body: TypeAlias = (
    From
    | Arg
    | Env
    | Label
    | Run
    | Copy
    | Cmd
    | Entrypoint
    | Shell
    | Expose
    | Volume
    | User
    | Workdir
    | StopSignal
    | Maintainer
    | Healthcheck
    | Onbuild
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction where it was found. `text` is the whole of it in one line."""

    body: Body
    text: str
    line: int
    end_line: int = 0

    @property
    def keyword(self) -> str:
        return self.text.partition(" ")[0]
