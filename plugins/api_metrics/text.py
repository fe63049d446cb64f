"""The text of metrics: Prometheus' format 0.0.4, and OpenMetrics 1.0.0.

A counter's family is named without `_total` in OpenMetrics; one whose name does not end so, which Docker and cAdvisor have, is of unknown
type there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Number = int | float
Sample = tuple[str, Number]
"""Labels as text between braces ("" for none), and a value."""

_UNKNOWN = "unknown"
"""The type that OpenMetrics has for what fits no other."""


class Format(StrEnum):
    """The formats; the value is the media type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Type(StrEnum):
    """What a family's values are."""

    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name as clients query it, and a sentence about it, of one line."""

    name: str
    type: Type
    help: str


def labels_of(labels: Mapping[str, str]) -> str:
    """Return labels as they stand between braces, their values escaped. Names must be valid."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def render(families: Iterable[tuple[Family, Sequence[Sample]]], chosen: Format) -> bytes:
    """Return the text; a family without samples is left out."""
    lines: list[str] = []
    for family, samples in families:
        if samples:
            lines += _head(family, chosen)
            name = family.name
            lines += [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in samples]
    if chosen is Format.OPENMETRICS:
        lines.append("# EOF")
    return "".join([f"{line}\n" for line in lines]).encode("utf-8", "replace")


def _head(family: Family, chosen: Format) -> tuple[str, str]:
    name, kind = family.name, family.type.value
    if chosen is Format.OPENMETRICS:
        is_counter = family.type is Type.COUNTER
        if is_counter != name.endswith("_total"):
            kind = _UNKNOWN
        elif is_counter:
            name = name.removesuffix("_total")
    return f"# HELP {name} {family.help}", f"# TYPE {name} {kind}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
