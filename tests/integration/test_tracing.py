"""Traces of a real daemon's requests: what is in them, who may ask, and what `core trace` draws."""

import json
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from plugins.runtime_ns.container_plan import MARKS
from tests.client_plugins import BUILDX, find_plugin, link
from tests.collector import collecting
from tests.conftest import DaemonFactory
from tests.daemon import Daemon
from tests.network import NetworkNamespace

pytestmark = pytest.mark.privileged

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
ASKED = {"traceparent": f"00-{TRACE}-{PARENT}-01"}

Spans = Sequence[dict[str, Any]]


def start(daemon: Daemon, headers: dict[str, str]) -> str:
    body = {"Image": "busybox", "Cmd": ["true"], "HostConfig": {"AutoRemove": True}}
    status, answer = daemon.request("POST", "/containers/create", body, headers)
    assert status == 201, answer
    name: str = json.loads(answer)["Id"]
    status, answer = daemon.request("POST", f"/v1.45/containers/{name}/start", headers=headers)
    assert status == 204, answer
    return name


def spans_of(daemon: Daemon, trace: str, last: str) -> Spans:
    """Wait until a span has ended, and return all."""
    deadline = time.monotonic() + 30
    while True:
        found: Any = daemon.json(f"/traces/{trace}")
        spans: Spans = found["Spans"]
        if not found["Running"] and any(span["Name"] == last for span in spans):
            assert (found["Id"], found["Dropped"]) == (trace, 0)
            return spans
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def path_to(spans: Spans, name: str) -> list[str]:
    """Return the names from the request to a span that is there once."""
    (found,) = [span for span in spans if span["Name"] == name]
    above = [span for span in spans if span["Id"] == found["Parent"]]
    return [*(path_to(spans, above[0]["Name"]) if above else ()), name]


def test_a_life_is_a_trace_of_requests_steps_drivers_and_kernel(shared_daemon: Daemon):
    container = start(shared_daemon, ASKED)
    spans = spans_of(shared_daemon, TRACE, "container exit")
    request = "POST /containers/{name}/start"
    (found,) = [span for span in spans if span["Name"] == request]
    assert found["Parent"] == PARENT
    assert found["Attributes"] == {
        "http.request.method": "POST",
        "http.route": "/containers/{name}/start",
        "http.response.status_code": 204,
        "url.path": f"/v1.45/containers/{container}/start",
    }
    assert path_to(spans, "storage.prepare") == ["POST /containers/create", "storage.prepare"]
    assert path_to(spans, "network.connect") == [request, "start.networks", "network.connect"]
    assert path_to(spans, "kernel.rootfs") == [request, "runtime.start", "runtime.launch", "kernel.rootfs"]
    assert path_to(spans, "storage.remove") == [request, "container exit", "exit.remove", "storage.remove"]
    kernel = sorted((span for span in spans if span["Name"].startswith("kernel.")), key=lambda span: span["Start"])
    assert tuple(span["Name"] for span in kernel) == MARKS
    assert [span["End"] for span in kernel[:-1]] == [span["Start"] for span in kernel[1:]]
    assert all(span["Start"] <= span["End"] and not span["Error"] for span in spans)


def test_requests_that_do_not_ask_for_it_are_not_traced(shared_daemon: Daemon):
    before = shared_daemon.json("/traces")
    start(shared_daemon, {})
    start(shared_daemon, {"traceparent": f"00-{'a' * 32}-{PARENT}-00"})
    assert shared_daemon.json("/traces") == before
    assert shared_daemon.request("GET", f"/traces/{'a' * 32}")[0] == 404


def test_a_failure_is_told_where_it_happened(shared_daemon: Daemon):
    trace = "b" * 32
    asked = {"traceparent": f"00-{trace}-{PARENT}-01"}
    body = {"Image": "busybox", "Cmd": ["/nothing"]}
    container = json.loads(shared_daemon.request("POST", "/containers/create", body, asked)[1])["Id"]
    assert shared_daemon.request("POST", f"/containers/{container}/start", headers=asked)[0] == 400
    spans = spans_of(shared_daemon, trace, "POST /containers/{name}/start")
    assert {span["Name"] for span in spans if "StartFailed" in span["Error"]} == {"runtime.launch", "runtime.start"}


def test_trace_run_draws_what_the_daemon_did(shared_daemon: Daemon):
    done = shared_daemon.core("trace", "run", "--rm", "busybox", "sh", "-c", "echo out; exit 7", check=False)
    assert (done.returncode, done.stdout) == (7, "out\n"), done.stderr
    head = re.match(r"trace ([0-9a-f]{32}): [0-9]+ spans in ", done.stderr)
    assert head is not None
    number = head[1]
    names = [re.sub(r"  +[0-9.]+  +[0-9.]+ .*", "", line) for line in done.stderr.splitlines()]
    assert "  runtime.start (ns)" in names
    assert "      kernel.exec" in names
    assert "    network.connect (bridge)" in names
    assert "POST /containers/{name}/wait (200)" in names
    assert shared_daemon.core("trace", "show", number).stdout == done.stderr
    assert shared_daemon.core("trace", "show").stdout == done.stderr
    listed = [line for line in shared_daemon.core("trace", "ls").stdout.splitlines() if line.startswith(number)]
    spans = re.search(r"([0-9]+) spans", done.stderr)
    assert spans is not None
    assert len(listed) == 1
    assert re.fullmatch(rf"{number} +POST /containers/create +.* ago +[0-9.]+ .?s +{spans[1]}", listed[0].rstrip()), listed


def test_trace_pull_tells_each_layer(shared_daemon: Daemon):
    assert shared_daemon.request("DELETE", "/images/busybox")[0] == 200
    done = shared_daemon.core("trace", "pull", "busybox")
    assert "Status: " in done.stdout
    names = [line.split()[0] for line in done.stderr.splitlines()]
    assert [name for name in names if name in ("POST", "pull.resolve", "layer.install", "layer.unpack", "storage.commit")] == [
        "POST",
        "pull.resolve",
        "layer.install",
        "layer.unpack",
        "storage.commit",
    ]


def test_trace_run_draws_a_request_that_failed(shared_daemon: Daemon):
    refused = shared_daemon.core("trace", "run", "--pull", "never", "nothing", check=False)
    assert refused.returncode == 125
    assert "No such image: nothing" in refused.stderr
    assert "POST /containers/create (404)" in refused.stderr


def test_the_steps_of_a_build_are_spans(shared_daemon: Daemon, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN true\n")
    archive = subprocess.run(["tar", "-C", tmp_path, "-c", "."], capture_output=True, check=True).stdout
    trace = "d" * 32
    asked = {"traceparent": f"00-{trace}-{PARENT}-01", "Content-Type": "application/x-tar"}
    status, answer = shared_daemon.request("POST", "/build?t=traced", archive, asked)
    assert status == 200, answer
    spans = spans_of(shared_daemon, trace, "POST /build")
    assert path_to(spans, "[stage-0] RUN true") == ["POST /build", "[stage-0] RUN true"]
    assert path_to(spans, "runtime.start")[:2] == ["POST /build", "[stage-0] RUN true"]


def build(daemon: Daemon, directory: Path) -> None:
    """Build with buildx, as a step of a trace."""
    (directory / "Dockerfile").write_text("FROM busybox\nRUN true\n")
    link(daemon.directory / "client", BUILDX)
    done = daemon.core("trace", "command", "docker", "buildx", "build", "--quiet", str(directory))
    names = [re.sub(r"  +[0-9.]+  +[0-9.]+ .*", "", line) for line in done.stderr.splitlines()]
    wanted = (
        "moby.buildkit.v1.Control/Solve",
        "  moby.buildkit.v1.frontend.LLBBridge/Solve",
        "    [2/2] RUN true",
        "      network.connect (bridge)",
    )
    assert [name for name in names if name in wanted] == [*wanted[:1] * 3, *wanted[1:]], done.stderr


def test_an_exporter_ships_what_changes_something(start_daemon: DaemonFactory, network: NetworkNamespace, tmp_path: Path):
    with network.entered(), collecting() as collector:
        config = f'[plugins.otlp]\nendpoint = "{collector.url}"\n'
        with start_daemon(config=config) as daemon:
            daemon.docker("pull", "--quiet", "busybox")
            start(daemon, {})
            collector.wait("container exit")
            daemon.json("/containers/json")
            if find_plugin(BUILDX):
                build(daemon, tmp_path)
                collector.wait("moby.buildkit.v1.frontend.LLBBridge/Solve")
    spans = collector.spans
    assert not [span for span in spans if span["name"].startswith("GET")]
    (begun,) = [span for span in spans if span["name"] == "POST /containers/{name}/start"]
    (ended,) = [span for span in spans if span["name"] == "container exit"]
    assert (ended["traceId"], ended["parentSpanId"]) == (begun["traceId"], begun["spanId"])
    assert "parentSpanId" not in begun
    assert {span["name"] for span in spans} >= {"storage.prepare", "network.connect", "kernel.exec"}
