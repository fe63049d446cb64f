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


class Format(StrEnum):
    """The formats; the value is the media type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Type(StrEnum):
    """What a family's values are."""

    COUNTER = "counter"
    GAUGE = "gauge"
    UNKNOWN = "unknown"


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
    name, kind = family.name, family.type
    if chosen is Format.OPENMETRICS and name.endswith("_total"):
        name, kind = (name.removesuffix("_total"), kind) if kind is Type.COUNTER else (name, Type.UNKNOWN)
    elif kind is Type.COUNTER and chosen is Format.OPENMETRICS:
        kind = Type.UNKNOWN
    word = "untyped" if kind is Type.UNKNOWN and chosen is Format.TEXT else kind
    return f"# HELP {name} {family.help}", f"# TYPE {name} {word}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
