"""An administrator may change the deadline of any method that has one."""

import pytest

from core.config import ConfigurationError
from core.kernel.slots.kinds import check_deadlines


@pytest.mark.parametrize(
    "deadlines",
    [
        {},
        {"storage": {"prepare": 1, "commit_active": 2}},
        {"network": {"publish": 5}, "volume": {"list": 1}},
        {"runtime": {"pause": 3}},
    ],
)
def test_what_has_a_deadline(deadlines: dict[str, dict[str, float]]) -> None:
    check_deadlines(deadlines)


@pytest.mark.parametrize(
    ("deadlines", "text"),
    [
        ({"storag": {"prepare": 1}}, "deadlines.storag: no such kind of driver has deadlines"),
        ({"frontend": {"build": 1}}, "deadlines.frontend: no such kind of driver has deadlines"),
        ({"log": {"open": 1}}, "deadlines.log.open: no such method (there are: reach)"),
        ({"builder": {"build": 1}}, "deadlines.builder: no such kind of driver has deadlines"),
        ({"runtime": {"wait": 1}}, "deadlines.runtime.wait: no such method (there are: adopt, audit, "),
        ({"storage": {"prepared": 1}}, "deadlines.storage.prepared: no such method (there are: changes, commit, "),
    ],
)
def test_what_has_none(deadlines: dict[str, dict[str, float]], text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_deadlines(deadlines)
    assert str(caught.value).startswith(text)
