"""What a driver should not have raised, and what of it is the client's."""

import os

import pytest

from core.drivers import calling
from sdk.errors import DriverError, InvalidArgument


def test_a_null_byte_in_a_name_is_the_clients() -> None:
    with pytest.raises(InvalidArgument, match="local: create: invalid argument"), calling("local", "create"):
        os.stat("a\0b")


def test_what_a_driver_should_not_raise_names_the_driver() -> None:
    with pytest.raises(DriverError, match="local: create: /nosuch/x: no such file or directory"), calling("local", "create"):
        os.stat("/nosuch/x")
