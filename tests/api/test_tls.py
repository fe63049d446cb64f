"""TLS with client certificates: the stock CLI over TCP, its half-close included."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.daemon.authorization.door import Door
from core.daemon.listeners import ListenOptions, TLSFiles, open_listeners
from plugins.api_docker.frontend import DockerFrontend
from plugins.api_docker.settings import ApiDockerSettings
from sdk.drivers.authorizer import Transport
from sdk.testing.authorization import RecordingAuthorizer
from sdk.testing.fake import fake_engine
from tests.api.conftest import NEEDS_DOCKER
from tests.serving import serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def openssl(directory: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a server and a client certificate, named as Docker's clients expect."""
    directory = tmp_path_factory.mktemp("tls")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(directory, "req", "-x509", *curve, "-subj", "/CN=ca", "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("cert", "extendedKeyUsage=clientAuth")):
        openssl(directory, "req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}-key.pem", "-out", f"{name}.csr")
        (directory / "extension").write_text(extension)
        openssl(
            directory, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
            "-out", f"{name}.pem", "-days", "2", "-extfile", "extension",
        )  # fmt: skip
    (directory / "cert-key.pem").rename(directory / "key.pem")
    return directory


@pytest.fixture
def policy() -> RecordingAuthorizer:
    """What is shown of requests; it allows all."""
    return RecordingAuthorizer()


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def port(certificates: Path, policy: RecordingAuthorizer, request: pytest.FixtureRequest) -> Iterator[int]:
    files = TLSFiles(certificates / "server.pem", certificates / "server-key.pem", certificates / "ca.pem", verify=True)
    listeners = open_listeners(["tcp://127.0.0.1:0"], ListenOptions(tls=files))
    number = listeners[0].socket.getsockname()[1]
    door = Door(DockerFrontend(ApiDockerSettings()).build(fake_engine()))
    door.guard({"policy": policy})
    with serving(door, listeners, use_uvloop=request.param):
        yield number


def docker(certificates: Path, port: int, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
    }
    return subprocess.run(["docker", *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60)


@NEEDS_DOCKER
def test_output_follows_the_end_of_input(certificates: Path, port: int) -> None:
    assert docker(certificates, port, "run", "--rm", "busybox", "echo", "hi").stdout == "hi\n"
    text = "0123456789abcdef" * 65536
    done = docker(certificates, port, "run", "--rm", "-i", "busybox", "cat", stdin=text)
    assert (done.returncode, done.stdout == text) == (0, True)


def test_large_bodies_pass_both_ways(certificates: Path, port: int) -> None:
    body = b"x" * (3 << 20)
    with _client(certificates, port) as client:
        head = f"POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        client.sendall(head + body)
        data = b""
        while b"0\r\n\r\n" not in data:
            data += client.recv(65536)
        assert f"Loaded {len(body)} bytes".encode() in data


def test_a_client_without_a_certificate_is_refused(certificates: Path, port: int) -> None:
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            client.recv(10)


def test_authorizers_see_what_the_client_proved_itself_by(certificates: Path, port: int, policy: RecordingAuthorizer) -> None:
    with _client(certificates, port) as client:
        client.sendall(b"GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        address = client.getsockname()
    subject = policy.requests[0].subject
    assert (subject.transport, subject.common_name, subject.uid) == (Transport.TLS, "cert", -1)
    assert subject.address == f"{address[0]}:{address[1]}"
    assert subject.certificates[0] == ssl.PEM_cert_to_DER_cert((certificates / "cert.pem").read_text())


def test_plain_http_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not client.recv(4096).startswith(b"HTTP")


def _client(certificates: Path, port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30), server_hostname="127.0.0.1")
