from collections.abc import AsyncIterator

import pytest

from plugins.registry_hub.sending import regrouped


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for number, size in enumerate(sizes):
        yield bytes([number]) * size


@pytest.mark.anyio
@pytest.mark.parametrize(("sizes", "lengths"), [((), []), ((3, 3, 3), [4, 4, 1]), ((9,), [4, 4, 1]), ((4, 4), [4, 4]), ((1,), [1])])
async def test_content_is_regrouped(sizes: tuple[int, ...], lengths: list[int]) -> None:
    found = [piece async for piece in regrouped(pieces(*sizes), 4)]
    assert [len(piece) for piece in found] == lengths
    assert b"".join(found) == b"".join([piece async for piece in pieces(*sizes)])
