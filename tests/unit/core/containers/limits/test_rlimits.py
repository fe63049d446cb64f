"""`--ulimit` and `default-ulimits`."""

import pytest

from core.containers.limits.rlimits import parse_ulimit, rlimit, rlimits
from sdk.engine.config import Ulimit
from sdk.errors import InvalidArgument
from sdk.oci.runtime import Rlimit

UNLIMITED = 18446744073709551615


@pytest.mark.parametrize(
    ("ulimit", "expected"),
    [
        (Ulimit("nofile", 1024, 2048), Rlimit("RLIMIT_NOFILE", hard=2048, soft=1024)),
        (Ulimit("core", 0, 0), Rlimit("RLIMIT_CORE", hard=0, soft=0)),
        (Ulimit("memlock", -1, -1), Rlimit("RLIMIT_MEMLOCK", hard=UNLIMITED, soft=UNLIMITED)),
        (Ulimit("nproc", 5, -1), Rlimit("RLIMIT_NPROC", hard=UNLIMITED, soft=5)),
    ],
)
def test_limits_of_the_runtime(ulimit: Ulimit, expected: Rlimit) -> None:
    assert rlimit(ulimit) == expected


@pytest.mark.parametrize(
    ("ulimit", "message"),
    [
        (Ulimit("nofiles", 1, 1), "invalid ulimit type: nofiles"),
        (Ulimit("", 1, 1), "invalid ulimit type: "),
        (Ulimit("NOFILE", 1, 1), "invalid ulimit type: NOFILE"),
        (Ulimit("core", 2, 1), "ulimit soft limit must be less than or equal to hard limit: soft=2 hard=1"),
        (Ulimit("core", -1, 1), "ulimit soft limit must be less than or equal to hard limit: soft=-1 hard=1"),
    ],
)
def test_what_is_no_limit(ulimit: Ulimit, message: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        rlimit(ulimit)
    assert refused.value.message == message


def test_the_later_of_two_counts() -> None:
    assert rlimits([Ulimit("core", 1, 1), Ulimit("cpu", 2, 2), Ulimit("core", 3, 3)]) == (
        Rlimit("RLIMIT_CORE", hard=3, soft=3),
        Rlimit("RLIMIT_CPU", hard=2, soft=2),
    )
    assert rlimits([]) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nofile=1024", Ulimit("nofile", 1024, 1024)),
        ("nofile=1024:2048", Ulimit("nofile", 1024, 2048)),
        ("core=-1", Ulimit("core", -1, -1)),
        ("core=0:-1", Ulimit("core", 0, -1)),
        ("cpu=9223372036854775807", Ulimit("cpu", 9223372036854775807, 9223372036854775807)),
    ],
)
def test_texts(text: str, expected: Ulimit) -> None:
    assert parse_ulimit(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "nofile", "nofile=", "nofile=:", "nofile=1:", "nofile=x", "nofile=1_000", "nofile= 1", "nofile=1:2:3", "nofile=9223372036854775808", "nofile=٣", "nofile=1.5"],
)  # fmt: skip
def test_texts_that_are_none(text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_ulimit(text)
    assert refused.value.message == f"invalid ulimit argument: {text}"


@pytest.mark.parametrize("text", ["files=1", "core=2:1"])
def test_a_text_is_checked_as_a_limit(text: str) -> None:
    with pytest.raises(InvalidArgument, match="ulimit"):
        parse_ulimit(text)
