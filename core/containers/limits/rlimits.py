"""`--ulimit` as resource limits of the runtime specification."""

from collections.abc import Iterable

from sdk.engine.config import Ulimit
from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.oci import runtime as oci

INFINITY = 2**64 - 1

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
        ulimit = Ulimit(name, parse_int64(soft), parse_int64(hard if colon else soft))
    except BadNumber:
        raise InvalidArgument(f"invalid ulimit argument: {text}") from None
    if not equals:
        raise InvalidArgument(f"invalid ulimit argument: {text}")
    rlimit(ulimit)
    return ulimit


def rlimits(ulimits: Iterable[Ulimit]) -> tuple[oci.Rlimit, ...]:
    """Return all limits asked for; of two for one resource the later counts."""
    return tuple({ulimit.name: rlimit(ulimit) for ulimit in ulimits}.values())
