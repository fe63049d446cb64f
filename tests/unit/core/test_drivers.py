"""What a driver raises: while the engine starts the chosen one's keeps it from starting and another's is logged; later it is told."""

import logging
import os

import pytest

from core.config import StartupError
from core.drivers import Drivers, calling
from sdk.errors import DriverError, InvalidArgument, Unsupported
from sdk.providers import Kind
from tests.unit.core import records

PLUGINS = {(Kind.VOLUME, "nfs"): "volume_nfs", (Kind.NETWORK, "nfs"): "volume_nfs"}
ERRORS = [
    (Unsupported("list is not implemented yet"), "list is not implemented yet"),
    (KeyError("x"), "KeyError: 'x'"),
    (SystemExit(3), "SystemExit: 3"),
    (RuntimeError(), "RuntimeError"),
    (ValueError("one\ntwo"), "ValueError: one two"),
]


def drivers(volume: str) -> Drivers:
    return records.drivers(network_name="bridge", volume_name=volume, plugins=PLUGINS)


@pytest.mark.parametrize(("error", "reason"), ERRORS)
def test_the_chosen_one_keeps_the_daemon_from_starting(error: BaseException, reason: str) -> None:
    with pytest.raises(StartupError) as caught, drivers("nfs").at_boot(Kind.VOLUME, "nfs", "list"):
        raise error
    assert str(caught.value) == f'volume driver "nfs" (plugin volume_nfs) failed in list: {reason}'


def test_the_machines_trouble_is_logged_as_it_may_pass(caplog: pytest.LogCaptureFixture) -> None:
    with drivers("nfs").at_boot(Kind.VOLUME, "nfs", "list"):
        raise OSError(5, "Input/output error")
    assert caplog.messages[0].startswith('volume driver "nfs" (plugin volume_nfs) failed in list: OSError: [Errno 5] Input')


@pytest.mark.parametrize(("error", "reason"), ERRORS)
def test_another_is_logged_in_one_line(error: BaseException, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), drivers("local").at_boot(Kind.VOLUME, "nfs", "list"):
        raise error
    assert caplog.messages == [f'volume driver "nfs" (plugin volume_nfs) failed in list: {reason}; the daemon goes on without it']


def test_one_chosen_for_another_kind_is_another(caplog: pytest.LogCaptureFixture) -> None:
    with drivers("nfs").at_boot(Kind.NETWORK, "nfs", "restore"):
        raise RuntimeError
    assert len(caplog.messages) == 1


def test_a_null_byte_in_a_name_is_the_clients() -> None:
    with pytest.raises(InvalidArgument, match="local: create: invalid argument"), calling("local", "create"):
        os.stat("a\0b")


def test_what_a_driver_should_not_raise_names_the_driver() -> None:
    with pytest.raises(DriverError, match="local: create: /nosuch/x: no such file or directory"), calling("local", "create"):
        os.stat("/nosuch/x")
