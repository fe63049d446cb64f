"""What a container's delivery by syslog is."""

from pathlib import Path

import pytest

from plugins.log_syslog.protocol import Syslog
from plugins.log_syslog.wires import DatagramWire, LocalWire, StreamWire
from sdk.drivers.logs import LogContext


@pytest.mark.parametrize(
    ("address", "receiver", "kind"),
    [
        ("", "syslog", LocalWire),
        ("udp://h", "syslog udp://h", DatagramWire),
        ("unixgram:///dev/null", "syslog unixgram:///dev/null", DatagramWire),
        ("tcp://h", "syslog tcp://h", StreamWire),
        ("tcp+tls://h", "syslog tcp+tls://h", StreamWire),
    ],
)
def test_the_address_chooses_the_wire(address: str, receiver: str, kind: type) -> None:
    delivery = Syslog().delivery(LogContext("id", "box", "image", Path("/"), {"syslog-address": address}))
    assert delivery.receiver == receiver
    assert isinstance(delivery.wire(), kind)
    assert delivery.needs_receiver
