"""The traces as JSON."""

import json

import pytest

from core.daemon.traces import TracesFrontend
from core.tracing import Tracer
from sdk.tracing import note, step
from tests.unit.core.daemon.test_traced import HEADER, TRACE, ask

pytestmark = pytest.mark.anyio


def frontend() -> TracesFrontend:
    tracer = Tracer()
    with tracer.request("POST", HEADER[0][1].decode(), {"a": 1}) as span:
        assert span is not None
        note("work", 10, 20)
    return TracesFrontend(tracer)


async def get(path: str, method: str = "GET") -> tuple[int, object]:
    status, body = await ask(frontend()._serve, method, path, [])
    return status, json.loads(body)


async def test_a_trace_is_found_by_its_id() -> None:
    status, found = await get(f"/traces/{TRACE}")
    assert status == 200
    assert isinstance(found, dict)
    assert (found["Id"], found["Running"], found["Dropped"]) == (TRACE, 0, 0)
    work, request = found["Spans"]
    assert (work["Name"], work["Start"], work["End"], work["Parent"]) == ("work", 10, 20, request["Id"])
    assert (request["Parent"], request["Attributes"], request["Error"]) == ("00f067aa0ba902b7", {"a": 1}, "")
    status, traces = await get("/traces")
    assert isinstance(traces, list)
    assert (status, [trace["Id"] for trace in traces]) == (200, [TRACE])


async def test_what_failed_on_a_name_that_is_no_utf8_is_shown() -> None:
    tracer = Tracer()
    with pytest.raises(OSError, match="link"), tracer.request("POST", HEADER[0][1].decode(), {"path": "/\udcff"}), step("\udcff"):
        raise OSError("link /a\udcff")
    for path in ("/traces", f"/traces/{TRACE}"):
        status, body = await ask(TracesFrontend(tracer)._serve, "GET", path, [])
        assert status == 200
        assert rb"OSError: link /a\\udcff" in body


@pytest.mark.parametrize("wanted", ["1", "nonsense", "f" * 5000, "../info"])
async def test_one_that_is_not_there_is_not_found(wanted: str) -> None:
    assert await get(f"/traces/{wanted}") == (404, {"message": f"No such trace: {wanted}"})


async def test_they_can_only_be_read() -> None:
    assert (await get("/traces", "DELETE"))[0] == 405
