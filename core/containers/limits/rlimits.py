"""`--ulimit` as resource limits of the runtime specification."""

import re
from collections.abc import Iterable

from sdk.engine.config import Ulimit
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci

INFINITY = 2**64 - 1
_DIGITS = re.compile(r"[+-]?[0-9]{1,20}")

ULIMIT_NAMES = frozenset(
    [
        "as",
        "core",
        "cpu",
        "data",
        "fsize",
        "locks",
        "memlock",
        "msgqueue",
        "nice",
        "nofile",
        "nproc",
        "rss",
        "rtprio",
        "rttime",
        "sigpending",
        "stack",
    ],
)


def _limit(value: int) -> int:
    return INFINITY if value < 0 else value


def rlimit(ulimit: Ulimit) -> oci.Rlimit:
    """Return the limit a `--ulimit` asks for; -1 is unlimited. Raises InvalidArgument."""
    if ulimit.name not in ULIMIT_NAMES:
        raise InvalidArgument(f"invalid ulimit type: {ulimit.name}")
    soft, hard = _limit(ulimit.soft), _limit(ulimit.hard)
    if soft > hard:
        raise InvalidArgument(
            f"ulimit soft limit must be less than or equal to hard limit: soft={ulimit.soft} hard={ulimit.hard}",
        )
    return oci.Rlimit(type=f"RLIMIT_{ulimit.name.upper()}", hard=hard, soft=soft)


def parse_ulimit(text: str) -> Ulimit:
    """Read `name=soft[:hard]`. Raises InvalidArgument with Docker's sentence."""
    name, equals, values = text.partition("=")
    soft, colon, hard = values.partition(":")
    try:
        ulimit = Ulimit(name, _number(soft), _number(hard if colon else soft))
    except ValueError:
        raise InvalidArgument(f"invalid ulimit argument: {text}") from None
    if not equals:
        raise InvalidArgument(f"invalid ulimit argument: {text}")
    rlimit(ulimit)
    return ulimit


def _number(text: str) -> int:
    """Return a number as Go reads one of 64 bits. Raises ValueError."""
    number = int(text) if _DIGITS.fullmatch(text) else None
    if number is None or not -(1 << 63) <= number < 1 << 63:
        raise ValueError(text)
    return number


def rlimits(ulimits: Iterable[Ulimit]) -> tuple[oci.Rlimit, ...]:
    """Return all limits asked for; of two for one resource the later counts."""
    return tuple({ulimit.name: rlimit(ulimit) for ulimit in ulimits}.values())
