"""What one container's questions are answered from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A network a container is on. `links` are names only this container has for others there, in lower case."""

    id: str
    name: str
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """A container's view: its networks in the order they are searched. With `ndots` above 0 addresses of
    names without dots are not asked elsewhere."""

    networks: tuple[Neighbourhood, ...] = ()
    ndots: int = 0
