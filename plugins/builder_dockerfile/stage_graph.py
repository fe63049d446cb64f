"""Stages, and which of them a stage leads to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from plugins.builder_dockerfile.language.instructions import Instruction
from sdk.oci.descriptor import Platform


@dataclass(frozen=True, slots=True)
class Stage:
    """One FROM and what follows. `base` is another stage's index, or None: then `image` is what it is made from (or `scratch`)."""

    index: int
    name: str
    image: str
    base: int | None
    platform: Platform | None
    start: Instruction
    instructions: tuple[Instruction, ...]
    needs: frozenset[int] = frozenset()

    @property
    def title(self) -> str:
        return self.name or f"stage-{self.index}"


def reachable(graph: Mapping[int, Collection[int]], begin: int) -> frozenset[int]:
    """Return what a stage leads to over one edge or several; itself only where it stands in a circle."""
    found, waiting = set[int](), list(graph[begin])
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += graph[index]
    return frozenset(found)
