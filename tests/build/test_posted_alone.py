"""`POST /build?version=2` without a session: BuildKit's build of the archive that is the request's body."""

import base64
import json
import time

import pytest

from plugins.api_buildkit.proto import control_pb2 as wire
from tests.build.conftest import Builder
from tests.connection import UnixConnection

pytestmark = pytest.mark.privileged


def traced(lines: list[dict]) -> str:
    """Return the names and the output of all steps that were told."""
    told = [
        wire.StatusResponse.FromString(base64.b64decode(line["aux"])) for line in lines if line.get("id") == "moby.buildkit.trace"
    ]
    names = [vertex.name for each in told for vertex in each.vertexes]
    return "\n".join(names + [log.msg.decode() for each in told for log in each.logs])


def test_the_body_is_built(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nARG A\nCOPY f /f\nRUN echo said $A; cat /f\n", "f": "F\n", "d/g": ""})
    since = time.time()
    status, lines = classic.post(
        "/build?version=2&t=posted:alone&nocache=1&labels=%7B%22l%22%3A%22m%22%7D&buildargs=%7B%22A%22%3A%22b%22%7D"
    )
    until = time.time()
    assert status == 200
    assert "[3/3] RUN" in (told := traced(lines))
    assert "\nsaid b\n" in told
    (image_id,) = [line["aux"]["ID"] for line in lines if line.get("id") == "moby.image.id"]
    image = classic.daemon.json("/images/posted:alone/json")
    assert (image["Id"], image["Config"]["Labels"]) == (image_id, {"l": "m"})
    events = classic.docker(
        "events", f"--since={since:.9f}", f"--until={until:.9f}", "--filter=type=image", "--format={{.Action}}"
    ).stdout
    assert events.split() == ["create", "tag"]


def test_a_dockerfile_elsewhere_in_the_body(classic: Builder) -> None:
    classic.write({"sub/other": "FROM busybox\nCOPY sub/other /o\n"})
    status, lines = classic.post("/v1.43/build?dockerfile=sub/other&version=2&q=1")
    assert (status, "errorDetail" in lines[-1]) == (200, False)


def test_failures_are_the_last_line(classic: Builder) -> None:
    classic.write({"Dockerfile": "FROM busybox\nRUN echo before; exit 3\n"})
    status, lines = classic.post("/build?version=2&nocache=1")
    assert (status, "did not complete successfully: exit code: 3" in lines[-1]["error"]) == (200, True)
    assert "before" in traced(lines)
    classic.write({"Dockerfile": "FROM busybox\nRUN --mount=type=secret,id=s,required=true true\n"})
    assert "secret s: not found" in classic.post("/build?version=2")[1][-1]["error"]
    (classic.directory / "Dockerfile").unlink()
    assert (
        "failed to read dockerfile: open Dockerfile: no such file or directory" in classic.post("/build?version=2")[1][-1]["error"]
    )


@pytest.mark.parametrize("query", ["version=2", "version=2&buildargs=[", "version=2&remote=http://127.0.0.1:9/none"])
def test_what_is_no_build_is_refused_at_once(classic: Builder, query: str) -> None:
    connection = UnixConnection(classic.daemon.socket)
    try:
        connection.request("POST", f"/build?{query}", b"no archive at all" * 100, {"Content-Type": "application/x-tar"})
        response = connection.getresponse()
        assert response.status == 400
        assert json.loads(response.read())["message"]
    finally:
        connection.close()
