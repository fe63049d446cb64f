"""What is wrong with a store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: of what kind it is (blob, document, layer, archive, container, pushed manifest, name, stray), its name and
    the problem. `remedy` is what a person can do if the engine cannot: a command, or a sentence."""

    kind: str
    name: str
    problem: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A finding and what became of it: `mended` means that it was looked for again and is not there any more."""

    finding: Finding
    is_mended: bool = False
