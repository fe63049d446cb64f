"""Streams over the wire: attach, exec, wait, logs, events, stats, and clients that go away."""

import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socket import SHUT_WR, socket

import pytest

from tests.api.conftest import Api
from tests.asking import eventually


def upgrade(path: str, body: bytes = b"") -> bytes:
    kind = b"Content-Type: application/json\r\n" if body else b""
    return (
        f"POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: {len(body)}\r\n".encode()
        + kind
        + b"\r\n"
        + body
    )


def read_head(client: socket) -> tuple[bytes, dict[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head, rest = data.split(b"\r\n\r\n", 1)
    first, *lines = head.split(b"\r\n")
    return first, {name.decode().lower(): value.decode() for name, value in (line.split(b": ", 1) for line in lines)}, rest


def read_all(client: socket, data: bytes = b"") -> bytes:
    while chunk := client.recv(65536):
        data += chunk
    return data


def frames(data: bytes) -> list[tuple[int, bytes]]:
    result = []
    while data:
        stream, size = struct.unpack(">BxxxL", data[:8])
        result.append((stream, data[8 : 8 + size]))
        data = data[8 + size :]
    return result


@contextmanager
def attached(
    api: Api, query: str, version: str = "v1.51", request: bytes | None = None
) -> Iterator[tuple[socket, bytes, dict[str, str]]]:
    with api.raw() as client:
        client.sendall(request or upgrade(f"/{version}/containers/x/attach?{query}"))
        first, headers, rest = read_head(client)
        assert rest == b""
        yield client, first, headers


def test_attach_before_start_carries_input_and_output(api: Api) -> None:
    api.create("cat", name="x", OpenStdin=True)
    with attached(api, "stream=1&stdin=1&stdout=1&stderr=1") as (client, first, headers):
        assert first == b"HTTP/1.1 101 UPGRADED"
        assert headers["content-type"] == "application/vnd.docker.multiplexed-stream"
        assert (headers["connection"], headers["upgrade"], headers["api-version"]) == ("Upgrade", "tcp", "1.55")
        api.call("POST", "/containers/x/start")
        client.sendall(b"typed")
        client.shutdown(SHUT_WR)
        assert frames(read_all(client)) == [(1, b"typed")]
    assert api.call("GET", "/containers/x/json").json["State"]["Status"] == "exited"


@pytest.mark.parametrize(
    ("version", "tty", "kind"),
    [
        ("v1.41", False, "application/vnd.docker.raw-stream"),
        ("v1.42", False, "application/vnd.docker.multiplexed-stream"),
        ("v1.51", True, "application/vnd.docker.raw-stream"),
    ],
)
def test_the_content_type_depends_on_version_and_terminal(api: Api, version: str, tty: bool, kind: str) -> None:
    api.create("cat", name="x", OpenStdin=True, Tty=tty)
    with attached(api, "stream=1&stdin=1&stdout=1", version) as (client, _, headers):
        assert headers["content-type"] == kind
        api.call("POST", "/containers/x/start")
        client.sendall(b"typed")
        client.shutdown(SHUT_WR)
        data = read_all(client)
        assert data == b"typed" if tty else frames(data) == [(1, b"typed")]


def test_attach_without_upgrade_answers_200_and_raw_bytes(api: Api) -> None:
    api.create("echo", "hi", name="x")
    request = b"POST /containers/x/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: docker\r\n\r\n"
    with attached(api, "", request=request) as (client, first, headers):
        assert first == b"HTTP/1.1 200 OK"
        assert not {"content-length", "transfer-encoding", "upgrade"} & set(headers)
        api.call("POST", "/containers/x/start")
        assert frames(read_all(client)) == [(1, b"hi\n")]


def test_attach_to_nothing_is_a_404_in_plain_text(api: Api) -> None:
    with api.raw() as client:
        client.sendall(upgrade("/containers/nope/attach?stream=1"))
        first, _, rest = read_head(client)
        assert first == b"HTTP/1.1 404 Not Found"
        assert (rest or client.recv(4096)) == b"No such container: nope\r\n"


def test_attach_to_a_paused_container_is_a_conflict(api: Api) -> None:
    api.create("sleep", name="x")
    api.call("POST", "/containers/x/start")
    api.call("POST", "/containers/x/pause")
    assert api.call("POST", "/containers/x/attach?stream=1").status == 409


def start_exec(api: Api, *command: str, **fields: object) -> str:
    reply = api.call("POST", "/containers/x/exec", {"Cmd": list(command), **fields})
    assert reply.status == 201
    return reply.json["Id"]


def running(api: Api) -> None:
    api.create("sleep", name="x")
    api.call("POST", "/containers/x/start")


def test_exec_runs_when_its_connection_is_taken_over(api: Api) -> None:
    running(api)
    identifier = start_exec(api, "cat", AttachStdin=True, AttachStdout=True)
    assert api.call("GET", f"/exec/{identifier}/json").json["ExitCode"] is None
    with api.raw() as client:
        client.sendall(upgrade(f"/exec/{identifier}/start", b'{"Detach":false,"Tty":false}'))
        client.sendall(b"early ")
        first, _, rest = read_head(client)
        assert first == b"HTTP/1.1 101 UPGRADED"
        client.sendall(b"late")
        client.shutdown(SHUT_WR)
        assert b"".join(data for _, data in frames(read_all(client, rest))) == b"early late"
    inspected = api.call("GET", f"/exec/{identifier}/json").json
    assert (inspected["ExitCode"], inspected["Running"], inspected["ID"]) == (0, False, identifier)
    assert inspected["ProcessConfig"] == {"tty": False, "entrypoint": "cat", "arguments": [], "privileged": False, "user": ""}


@pytest.mark.parametrize("framed", [True, False])
def test_the_start_of_an_exec_says_whether_output_is_framed(api: Api, framed: bool) -> None:
    running(api)
    identifier = start_exec(api, "echo", "hi", AttachStdout=True, Tty=True)
    with api.raw() as client:
        client.sendall(upgrade(f"/exec/{identifier}/start", json.dumps({"Tty": not framed}).encode()))
        _, headers, rest = read_head(client)
        data = read_all(client, rest)
    assert headers["content-type"].endswith("multiplexed-stream" if framed else "raw-stream")
    assert (frames(data) == [(1, b"hi\n")]) if framed else (data == b"hi\n")


def test_an_exec_that_cannot_start_says_so_in_the_stream(api: Api) -> None:
    running(api)
    identifier = start_exec(api, "nope", AttachStdout=True)
    with api.raw() as client:
        client.sendall(upgrade(f"/exec/{identifier}/start", b"{}"))
        first, _, rest = read_head(client)
        assert first == b"HTTP/1.1 101 UPGRADED"
        assert b"executable file not found" in read_all(client, rest)
    assert api.call("GET", f"/exec/{identifier}/json").json["ExitCode"] == 127
    assert api.call("POST", f"/exec/{identifier}/start", {}).status == 409


def test_a_detached_exec_answers_an_empty_200(api: Api) -> None:
    running(api)
    identifier = start_exec(api, "fail", "3")
    reply = api.call("POST", f"/exec/{identifier}/start", {"Detach": True})
    assert (reply.status, reply.body) == (200, b"")
    assert api.call("GET", f"/exec/{identifier}/json").json["ExitCode"] == 3


def test_exec_in_a_stopped_container_is_a_conflict(api: Api) -> None:
    api.create("cat", name="x")
    assert api.call("POST", "/containers/x/exec", {"Cmd": ["cat"]}).status == 409
    assert api.call("POST", "/exec/nope/start", {}).message == "No such exec instance: nope"


def test_wait_sends_its_head_before_the_container_starts(api: Api) -> None:
    api.create("fail", "7", name="x")
    response = api.open("POST", "/containers/x/wait?condition=next-exit")
    assert (response.status, response.getheader("content-type")) == (200, "application/json")
    api.call("POST", "/containers/x/start")
    assert json.loads(response.read()) == {"StatusCode": 7}


def test_wait_refuses_conditions_it_does_not_know(api: Api) -> None:
    api.create("cat", name="x")
    assert api.call("POST", "/containers/x/wait?condition=soon").status == 400
    assert api.call("POST", "/containers/nope/wait").status == 404


def test_logs_are_framed_with_timestamps_in_front(api: Api) -> None:
    api.create("fail", "1", name="x")
    api.call("POST", "/containers/x/start")
    reply = api.call("GET", "/containers/x/logs?stdout=1&stderr=1&timestamps=1")
    assert reply.headers["content-type"] == "application/vnd.docker.multiplexed-stream"
    ((stream, line),) = frames(reply.body)
    stamp, text = line.split(b" ", 1)
    assert (stream, text, len(stamp), stamp[-1:]) == (2, b"failing\n", len("2024-01-02T03:04:05.123456789Z"), b"Z")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("stdout=1", 200),
        ("stdout=1&since=x", 400),
        ("stdout=1&tail=x", 200),
        ("stdout=1&tail=" + "9" * 5000, 200),
        ("stdout=1&tail=%C2%B2", 200),
    ],
)
def test_logs_need_a_stream_and_readable_times(api: Api, query: str, status: int) -> None:
    api.create("cat", name="x")
    assert api.call("GET", f"/containers/x/logs?{query}").status == status


def test_events_are_sent_as_they_happen(api: Api) -> None:
    response = api.open("GET", "/v1.51/events")
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    identifier = api.create("cat", name="x", Labels={"a": "b"})
    event = json.loads(response.readline())
    assert (event["Type"], event["Action"], event["scope"]) == ("container", "create", "local")
    assert (event["status"], event["id"], event["from"]) == ("create", identifier, "busybox")
    assert event["Actor"] == {"ID": identifier, "Attributes": {"name": "x", "image": "busybox", "a": "b"}}
    assert event["timeNano"] // 10**9 == event["time"]
    response.close()


def test_events_replay_and_end(api: Api) -> None:
    before = time.time()
    api.create("cat")
    reply = api.call("GET", f"/events?since={before:.9f}&until={time.time():.9f}")
    assert [json.loads(line)["Action"] for line in reply.body.splitlines()] == ["create"]


def test_a_client_that_leaves_the_events_frees_them(api: Api) -> None:
    response = api.open("GET", "/events")
    assert api.engine.system.listeners == 1
    response.close()
    eventually(lambda: api.engine.system.listeners == 0)


def test_stats_have_the_fields_clients_compute_with(api: Api) -> None:
    running(api)
    identifier = api.call("GET", "/containers/x/json").json["Id"]
    stats = api.call("GET", "/containers/x/stats?stream=0&one-shot=1").json
    assert (stats["id"], stats["name"]) == (identifier, "/x")
    assert stats["cpu_stats"]["online_cpus"] == 2
    assert stats["cpu_stats"]["system_cpu_usage"] > 0
    assert stats["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    assert stats["memory_stats"]["stats"]["inactive_file"] == 4096
    assert stats["memory_stats"]["usage"] == 1 << 20
    assert stats["pids_stats"] == {"current": 1}
    assert stats["networks"]["eth0"]["tx_bytes"] == 2


def test_stats_stream_until_the_client_leaves(api: Api) -> None:
    running(api)
    response = api.open("GET", "/containers/x/stats")
    first, second = (json.loads(response.readline()) for _ in range(2))
    assert second["preread"] == first["read"]
    response.close()


def test_stats_of_a_stopped_container_are_zeros(api: Api) -> None:
    api.create("cat", name="x")
    stats = api.call("GET", "/containers/x/stats?stream=0").json
    assert (stats["read"], stats["memory_stats"], stats["cpu_stats"]["cpu_usage"]["total_usage"]) == ("0001-01-01T00:00:00Z", {}, 0)


@pytest.mark.parametrize("times", ["since=0&until={now}", "until={now}", "since=0.000000000&until={now}", "since=-1&until={now}"])
def test_events_since_1970_or_only_until_a_moment_are_all_that_are_remembered(api: Api, times: str) -> None:
    api.create("cat")
    reply = api.call("GET", f"/events?{times.format(now=f'{time.time():.9f}')}")
    assert [json.loads(line)["Action"] for line in reply.body.splitlines()] == ["create"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=20&until=10", "`since` time (20) cannot be after `until` time (10)"),
        ("since=0.2&until=0", "`since` time (0.2) cannot be after `until` time (0)"),
        ("since=x", 'invalid value for \'since\': invalid timestamp "x": invalid seconds "x": invalid syntax'),
        (
            "until=1.y",
            "invalid value for 'until': invalid timestamp \"1.y\": invalid nanoseconds: invalid character 'y' at position 0",
        ),
    ],
)
def test_events_refuse_times_that_cannot_be(api: Api, query: str, sentence: str) -> None:
    reply = api.call("GET", f"/events?{query}")
    assert (reply.status, reply.message) == (400, sentence)


def test_logs_say_what_is_wrong_with_a_request(api: Api) -> None:
    api.create("cat", name="x")
    assert api.call("GET", "/containers/x/logs").message == "must specify at least one of 'stdout' or 'stderr'"
    reply = api.call("GET", "/containers/x/logs?stdout=1&until=z")
    assert reply.message == 'invalid value for "until": invalid timestamp "z": invalid seconds "z": invalid syntax'


@pytest.mark.parametrize("what", ["containers/x", "exec/{exec}"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, '"": invalid syntax'),
        ("", '"": invalid syntax'),
        ("not-a-number", '"not-a-number": invalid syntax'),
        ("1_0", '"1_0": invalid syntax'),
        ("%2B1", '"+1": invalid syntax'),
        ("-100", '"-100": value out of range'),
        ("4294967296", '"4294967296": value out of range'),
    ],
)
def test_a_size_is_two_numbers_of_32_bits(api: Api, what: str, text: str | None, reason: str) -> None:
    running(api)
    path = what.format(exec=start_exec(api, "cat"))
    for name, side, other in (("h", "height", "w=1"), ("w", "width", "h=1")):
        query = other if text is None else f"{other}&{name}={text}"
        reply = api.call("POST", f"/{path}/resize?{query}")
        assert (reply.status, reply.message) == (400, f"invalid resize {side} {reason}")
    assert api.call("POST", f"/{path}/resize?h=4294967295&w=0").status == 200


@pytest.mark.parametrize(("name", "status"), [("nope", 404), ("x", 409)])
def test_a_refused_attach_is_plain_text(api: Api, name: str, status: int) -> None:
    running(api)
    identifier = api.call("GET", "/containers/x/json").json["Id"]
    api.call("POST", "/containers/x/pause")
    sentence = {404: "No such container: nope", 409: f"container {identifier} is paused, unpause the container before attach"}[
        status
    ]
    reply = api.call("POST", f"/containers/{name}/attach?stream=1&stdout=1")
    assert (reply.status, reply.headers["content-type"]) == (status, "application/vnd.docker.raw-stream")
    assert reply.body == f"{sentence}\r\n".encode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("checkpoint=../outside", 'invalid checkpoint ID "../outside", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'),
        ("checkpoint=a.", 'invalid checkpoint ID "a.", only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed'),
        ("checkpoint=fine", "checkpoint is only supported in experimental mode"),
    ],
)
def test_start_from_a_checkpoint_is_refused_before_anything_else(api: Api, query: str, sentence: str) -> None:
    reply = api.call("POST", f"/containers/missing/start?{query}")
    assert (reply.status, reply.message) == (400, sentence)


@pytest.mark.parametrize("verb", ["stop", "restart"])
def test_a_timeout_that_is_no_number_is_refused(api: Api, verb: str) -> None:
    running(api)
    reply = api.call("POST", f"/containers/x/{verb}?t=1.5")
    assert (reply.status, reply.message) == (400, 'strconv.Atoi: parsing "1.5": invalid syntax')
    assert api.call("POST", f"/containers/x/{verb}?t=").status == 204


def test_a_follower_that_ends_its_side_gets_the_end_of_the_stream(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with api.raw() as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
        read_head(client)
        client.shutdown(SHUT_WR)
        assert read_all(client).endswith(b"0\r\n\r\n")
    assert "without completing" not in caplog.text
