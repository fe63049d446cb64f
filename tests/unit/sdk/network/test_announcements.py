"""When there is nothing to announce, nothing is done for it."""

import logging
import threading
from ipaddress import ip_interface

import pytest

from sdk.drivers.network import Endpoint, Sandbox
from sdk.network.announcements import Announcements
from sdk.network.announcing import Announcing

CHOSEN = "02:42:aa:aa:aa:aa"
NOWHERE = "/proc/self/fd/999999"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of threads that are started."""
    names: list[str] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        names.append(thread.name)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noted)
    return names


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    caplog.set_level(logging.DEBUG)
    return logging.getLogger("announcements")


def endpoint(*addresses: str) -> Endpoint:
    return Endpoint("e", "n", "container", "eth0", CHOSEN, tuple(map(ip_interface, addresses)))


def test_an_endpoint_without_addresses_opens_nothing(
    started: list[str], log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    """Its MAC address, made from its ID, is no choice of a client's."""
    announcements = Announcements(log)
    waited: list[str] = []
    announcements.begin(NOWHERE, endpoint(), Announcing(), lambda: waited.append("for the link"))
    announcements.begin(NOWHERE, endpoint(), Announcing(asked=True))
    assert (waited, caplog.messages, started) == ([], [], [])
    announcements.begin(NOWHERE, endpoint("10.0.0.5/24"), Announcing(), lambda: waited.append("for the link"))
    assert waited == ["for the link"]
    assert [message.partition(":")[0] for message in caplog.messages] == ["the addresses of container container are not announced"]


def test_a_start_without_containers_that_live_starts_no_thread(started: list[str], log: logging.Logger) -> None:
    announcements = Announcements(log)
    announcements.restore([])
    announcements.restore([(endpoint(), Sandbox(NOWHERE))])
    assert started == []
    announcements.restore([(endpoint("10.0.0.5/24"), Sandbox(NOWHERE))])
    assert started == ["announcements"]
