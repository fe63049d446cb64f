"""What is wrong with a store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind (blob, layer, image, container, pushed manifest), its name, the problem, and what became of it:
    "" if it was only looked at. `is_mended` tells whether all is well again, so that nobody has to do anything."""

    kind: str
    name: str
    problem: str
    outcome: str = ""
    is_mended: bool = False
