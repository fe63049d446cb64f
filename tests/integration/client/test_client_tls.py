"""The client in the box over TLS, where closing one direction of a connection is an art."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.api.test_tls import certificates  # noqa: F401  (a fixture)
from tests.conftest import DaemonFactory

pytestmark = pytest.mark.privileged


def test_stdin_ends_and_output_goes_on(start_daemon: DaemonFactory, certificates: Path):  # noqa: F811
    flags = ["--tlsverify", "--tlscacert", "ca.pem", "--tlscert", "server.pem", "--tlskey", "server-key.pem"]
    flags = [str(certificates / word) if word.endswith(".pem") else word for word in flags]
    with start_daemon("-H", "tcp://127.0.0.1:2376", *flags) as daemon:
        environment = {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}

        def core(*words: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
            return daemon.run(sys.executable, "-m", "core", *words, stdin=stdin, check=check, environment=environment)

        core("pull", "busybox")
        text = "some text\n" * 100_000
        assert core("run", "-i", "--rm", "busybox", "wc", "-c", stdin=text).stdout == "1000000\n"
        assert core("run", "-i", "--rm", "busybox", "cat", stdin=text).stdout == text
        late = core("run", "-i", "--rm", "busybox", "sh", "-c", "cat; sleep 1; echo late; exit 3", stdin="early\n", check=False)
        assert (late.stdout, late.returncode) == ("early\nlate\n", 3)
        without = {**environment, "DOCKER_CERT_PATH": str(daemon.directory)}
        refused = daemon.run(sys.executable, "-m", "core", "ps", check=False, environment=without)
        assert refused.returncode == 1
        assert refused.stderr.startswith("core: ")


def test_output_that_arrives_while_stdin_ends_is_kept(start_daemon: DaemonFactory, certificates: Path):  # noqa: F811
    flags = ["--tlsverify", "--tlscacert", "ca.pem", "--tlscert", "server.pem", "--tlskey", "server-key.pem"]
    flags = [str(certificates / word) if word.endswith(".pem") else word for word in flags]
    with start_daemon("-H", "tcp://127.0.0.1:2376", *flags) as daemon:
        environment = {"DOCKER_HOST": "tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates)}
        daemon.docker("pull", "-q", "busybox")
        script = "seq 1 200000 & cat > /dev/null; wait"
        process = daemon.popen(
            sys.executable, "-m", "core", "run", "-i", "--rm", "busybox", "sh", "-c", script, environment=environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        pipe = process.stdin

        def end_slowly() -> None:
            time.sleep(1.5)
            pipe.close()

        threading.Thread(target=end_slowly).start()
        printed = process.stdout.read()
        assert process.wait(20) == 0
        process.stdout.close()
        assert process.stderr is not None
        process.stderr.close()
        assert printed.split() == [b"%d" % number for number in range(1, 200_001)]
