"""Wires to real receivers."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from plugins.log_syslog import wires
from plugins.log_syslog.protocol import Syslog
from sdk.drivers.logs import LogContext, StdStream
from sdk.shipping.records import Record
from sdk.shipping.wire import Wire
from tests.log_receivers import receiving, tcp, udp, unix

AT = 1_700_000_000_123_456_789
RECORDS = [Record(StdStream.STDOUT, AT, b"one"), Record(StdStream.STDERR, AT, b"two")]


def wire(options: Mapping[str, str]) -> Wire:
    context = LogContext("0123456789abcdef", "box", "busybox", Path("/"), {"syslog-format": "rfc5424", **options})
    return Syslog().delivery(context).wire()


def sent(options: Mapping[str, str]) -> None:
    made = wire(options)
    made.connect()
    made.send(RECORDS)
    made.close()


def ends(messages: list[bytes]) -> list[bytes]:
    return [
        message.rsplit(b" ", 4)[0].split(b" ")[0] + message[-len(b"0123456789ab - one") :].rstrip(b"\n") for message in messages
    ]


EXPECTED = [b"<30>10123456789ab - one", b"<27>10123456789ab - two"]


def test_tcp() -> None:
    with receiving(tcp()) as receiver:
        sent({"syslog-address": f"tcp://127.0.0.1:{receiver.port}"})
        assert ends(receiver.wait_for_lines(2)) == EXPECTED


def test_udp() -> None:
    with receiving(udp) as receiver:
        sent({"syslog-address": f"udp://127.0.0.1:{receiver.port}"})
        assert ends([each.rstrip(b"\n") for each in receiver.wait_for_datagrams(2)]) == EXPECTED


def test_unix(tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        sent({"syslog-address": f"unix://{tmp_path}/log"})
        assert ends(receiver.wait_for_lines(2)) == EXPECTED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *subject]
    subprocess.run([*new, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secured.load_cert_chain(certificate, key)
    with receiving(tcp(), secured=secured) as receiver:
        address = {"syslog-address": f"TCP+TLS://localhost:{receiver.port}"}
        with pytest.raises(OSError, match=r"^tls: failed to verify certificate: "):
            wire(address).connect()
        with pytest.raises(OSError, match=r"^could not load TLS files: no such file or directory$"):
            wire({**address, "syslog-tls-ca-cert": "/nonexistent"}).connect()
        sent({**address, "syslog-tls-ca-cert": str(certificate)})
        sent({"syslog-address": f"tcp+tls://localhost:{receiver.port}", "syslog-tls-skip-verify": "true"})
        messages = receiver.wait_for_lines(4)
    for message in messages:
        length, _, rest = message.partition(b" ")
        assert int(length) == len(rest) + 1


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_the_machines_own_syslog_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind) -> None:
    monkeypatch.setattr(wires, "PLACES", (tmp_path / "absent", tmp_path / "log"))
    with pytest.raises(OSError, match=r"^Unix syslog delivery error$"):
        wire({}).connect()
    with pytest.raises(OSError, match=r"^not connected$"):
        wire({}).send(RECORDS)
    with receiving(unix(tmp_path / "log", kind)) as receiver:
        sent({"syslog-format": ""})
        receiver.wait_for(lambda: b"two\n" in receiver.received + b"".join(receiver.datagrams))
