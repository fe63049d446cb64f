"""Logs that are sent elsewhere, by the API of a real daemon: what is refused, what is read back, and that no receiver holds up a container."""

from pathlib import Path

import pytest

from tests.asking import Client
from tests.daemon import Daemon
from tests.log_receivers import receiving, unix

pytestmark = pytest.mark.privileged


def config(driver: str, **options: str) -> dict[str, object]:
    return {"LogConfig": {"Type": driver, "Config": {key.replace("_", "-"): text for key, text in options.items()}}}


def printed(client: Client, name: str, **fields: object) -> str:
    client.run(name, "sh", "-c", "echo one; echo two >&2", **fields)
    assert client.ask("POST", f"/containers/{name}/wait")[0] == 200
    return name


def test_they_are_listed(client: Client) -> None:
    _, info = client.ask("GET", "/info")
    assert {"fluentd", "gelf", "journald", "json-file", "local", "none", "syslog"} <= set(info["Plugins"]["Log"])


def test_output_reaches_syslog_and_is_read_back(client: Client, shared_daemon: Daemon, tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        options = {"syslog_address": f"unix://{tmp_path}/log", "syslog_format": "rfc5424", "tag": "{{.Name}}/{{.ImageName}}"}
        printed(client, "box", HostConfig=config("syslog", **options))
        lines = receiver.wait_for_lines(2)
    assert sorted((line.partition(b" ")[0], line.rpartition(b" ")[2]) for line in lines) == [(b"<27>1", b"two"), (b"<30>1", b"one")]
    assert all(b" box/busybox " in line for line in lines)
    logs = shared_daemon.docker("logs", "box")
    assert sorted((logs.stdout + logs.stderr).split()) == ["one", "two"]
    assert client.inspect("box")["LogPath"] == ""


def test_a_receiver_that_is_not_there_refuses_the_start(client: Client) -> None:
    client.create("box", "true", HostConfig=config("syslog", syslog_address="tcp://127.0.0.1:1"))
    reason = "dial tcp 127.0.0.1:1: connect: connection refused"
    sentence = f"failed to create task for container: failed to initialize logging driver: {reason}"
    assert client.refused("POST", "/containers/box/start") == (500, sentence)
    assert client.inspect("box")["State"]["ExitCode"] == 128


def test_a_start_that_fails_leaves_its_receiver(client: Client, tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        client.create("box", "no-such-program", HostConfig=config("syslog", syslog_address=f"unix://{tmp_path}/log"))
        status, words = client.refused("POST", "/containers/box/start")
        assert status == 400
        assert "no-such-program" in words
        receiver.wait_for(lambda: receiver.connections == 1 == receiver.ended)


def test_without_a_copy_nothing_is_read(client: Client, tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        options = {"syslog_address": f"unix://{tmp_path}/log", "cache_disabled": "true"}
        printed(client, "box", HostConfig=config("syslog", **options))
        receiver.wait_for_lines(2)
    assert client.refused("GET", "/containers/box/logs?stdout=1") == (501, "configured logging driver does not support reading")


def test_a_burst_that_is_larger_than_the_buffer_arrives_whole(client: Client, tmp_path: Path) -> None:
    with receiving(unix(tmp_path / "log")) as receiver:
        options = {"syslog_address": f"unix://{tmp_path}/log", "mode": "non-blocking", "max_buffer_size": "64k"}
        client.run("box", "seq", "1", "100000", HostConfig=config("syslog", **options))
        assert [int(line.rpartition(b" ")[2]) for line in receiver.wait_for_lines(100_000)] == list(range(1, 100_001))


def test_a_receiver_that_hangs_holds_up_no_container(client: Client, shared_daemon: Daemon, tmp_path: Path) -> None:
    """Ten megabytes are more than the socket and the buffer hold."""
    with receiving(unix(tmp_path / "log"), reads=False):
        options = {"syslog_address": f"unix://{tmp_path}/log", "cache_max_size": "50m"}
        client.run(
            "box",
            "sh",
            "-c",
            "yes 0123456789012345678901234567890123456789 | head -n 250000",
            HostConfig=config("syslog", **options),
        )
        assert client.ask("POST", "/containers/box/wait")[1]["StatusCode"] == 0
        logs = shared_daemon.docker("logs", "box").stdout
    assert logs.count("\n") == 250_000


def test_a_receiver_may_come_after_the_container(client: Client, tmp_path: Path) -> None:
    options = {"fluentd_address": f"unix://{tmp_path}/log", "fluentd_async": "true", "fluentd_retry_wait": "50ms"}
    client.run("box", "sh", "-c", "echo early; sleep 1000", HostConfig=config("fluentd", **options))
    with receiving(unix(tmp_path / "log")) as receiver:
        receiver.wait_for(lambda: b"early" in receiver.received)
        assert b"container_name\xa4/box" in receiver.received


def test_a_driver_may_require_an_option(client: Client) -> None:
    body = {"Image": "busybox", "HostConfig": config("gelf")}
    assert client.refused("POST", "/containers/create?name=box", body) == (400, "gelf-address is a required parameter")


def test_a_container_goes_on_when_its_receiver_and_its_daemon_die(daemon: Daemon, tmp_path: Path) -> None:
    daemon.docker("pull", "--quiet", "busybox")
    address = f"syslog-address=unix://{tmp_path}/log"
    loop = "i=0; while :; do echo line $i; i=$((i+1)); sleep 0.01; done"
    with receiving(unix(tmp_path / "log")) as receiver:
        daemon.docker("run", "-d", "--name", "box", "--log-driver", "syslog", "--log-opt", address, "busybox", "sh", "-c", loop)
        receiver.wait_for_lines(5)
    (tmp_path / "log").unlink()
    daemon.kill9()
    daemon.start()
    with receiving(unix(tmp_path / "log")) as receiver:
        receiver.wait_for_lines(20)
        numbers = [int(line.rpartition(b" ")[2]) for line in receiver.wait_for_lines(20)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    told = [int(line.split()[1]) for line in daemon.docker("logs", "box").stdout.splitlines()]
    assert told == list(range(len(told)))
    daemon.docker("rm", "-f", "box")


def test_unknown_options_are_refused(client: Client) -> None:
    body = {"Image": "busybox", "HostConfig": config("syslog", color="red")}
    assert client.refused("POST", "/containers/create?name=box", body) == (400, "unknown log opt 'color' for syslog log driver")
