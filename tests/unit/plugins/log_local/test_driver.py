"""Options of the local driver."""

import pytest

from plugins.log_local.driver import LocalLogDriver
from sdk.errors import InvalidArgument
from sdk.logfiles.opening import log_opener
from sdk.logfiles.rotation import RotationDefaults


@pytest.mark.parametrize(
    ("option", "shown"),
    [("labels", "labels"), ("a\nlevel=error \x1b[2J", "a level=error [2J"), ("x" * 600, "x" * 512 + "...")],
)
def test_an_unknown_option_is_told_on_one_line(option: str, shown: str) -> None:
    with log_opener(RotationDefaults("20m", 5, compress=True)) as opener, pytest.raises(InvalidArgument) as raised:
        LocalLogDriver(opener).check({option: "1"})
    assert raised.value.message == f"unknown log opt '{shown}' for log driver local"
