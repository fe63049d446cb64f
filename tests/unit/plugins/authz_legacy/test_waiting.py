"""How often a plugin that cannot be reached is tried again."""

import anyio
import pytest

from plugins.authz_legacy.waiting import until
from sdk.errors import EngineError, NotFound, Unavailable

pytestmark = pytest.mark.anyio


class Attempts:
    """Fail in this order, and then succeed."""

    def __init__(self, *errors: EngineError) -> None:
        self.errors = [*errors]
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_what_succeeds_is_done_once() -> None:
    attempt = Attempts()
    assert (await until(anyio.current_time(), attempt), attempt.made) == ("done", 1)


async def test_there_are_two_attempts_also_without_time() -> None:
    """A kept connection ended with its process."""
    attempt = Attempts(Unavailable("one"))
    assert (await until(anyio.current_time(), attempt), attempt.made) == ("done", 2)
    with pytest.raises(Unavailable, match="two"):
        await until(anyio.current_time(), Attempts(Unavailable("one"), Unavailable("two"), Unavailable("three")))


async def test_attempts_go_on_until_the_end() -> None:
    attempt = Attempts(*[Unavailable("one")] * 3)
    assert (await until(anyio.current_time() + 1000, attempt), attempt.made) == ("done", 4)


async def test_another_error_ends_it() -> None:
    attempt = Attempts(Unavailable("one"), NotFound("other"), Unavailable("two"))
    with pytest.raises(NotFound, match="other"):
        await until(anyio.current_time() + 1000, attempt)
    assert attempt.made == 2
