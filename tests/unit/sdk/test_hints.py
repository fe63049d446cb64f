"""Type hints as their authors wrote them."""

from collections.abc import Mapping, Sequence

import pytest

from sdk.drivers.network import Endpoint, Sandbox
from sdk.drivers.storage import Mount
from sdk.hints import spelled


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (Mount, "Mount"),
        (Sequence[Mount], "Sequence[Mount]"),
        (tuple[Sandbox, Endpoint], "tuple[Sandbox, Endpoint]"),
        (bytes | None, "bytes | None"),
        (Mapping[str, Sequence[Mount]], "Mapping[str, Sequence[Mount]]"),
    ],
)
def test_a_hint_is_spelled_without_modules(hint: object, text: str) -> None:
    assert spelled(hint) == text
