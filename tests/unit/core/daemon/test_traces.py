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
    for path, said in (("/traces", rb'"First":"POST'), (f"/traces/{TRACE}", rb"OSError: link /a\\udcff")):
        status, body = await ask(TracesFrontend(tracer)._serve, "GET", path, [])
        assert status == 200
        assert said in body


async def test_the_list_tells_the_first_request_and_no_spans() -> None:
    tracer = Tracer()
    header = HEADER[0][1].decode()
    with tracer.request("first", header, {}), tracer.request("second", header, {}):
        note("work", 10, 20)
    with tracer.request("third", header, {}), tracer.request("other", f"00-{'7' * 32}-{'7' * 16}-01", {}):
        listed = json.loads((await ask(TracesFrontend(tracer)._serve, "GET", "/traces", []))[1])
    kept = tracer.find(int(TRACE, 16))
    assert kept is not None
    second, first = kept.spans[1:3]
    times = {"Start": first.start_ns, "End": first.end_ns}
    assert second.name == "second"
    assert listed == [
        {"Id": TRACE, "Running": 1, "Dropped": 0, "First": "first", **times, "SpanCount": 3},
        {"Id": "7" * 32, "Running": 1, "Dropped": 0, "First": "", "Start": 0, "End": 0, "SpanCount": 0},
    ]


async def test_the_list_of_many_large_traces_is_small() -> None:
    tracer = Tracer()
    for number in range(1, 33):
        with tracer.request("POST", f"00-{number:032x}-{1:016x}-01", {}):
            for _ in range(2500):
                note("storage.prepare", 1, 2, {"core.driver.name": "overlay"})
    status, body = await ask(TracesFrontend(tracer)._serve, "GET", "/traces", [])
    listed = json.loads(body)
    assert (status, len(listed)) == (200, 32)
    assert len(body) < 10_000
    assert {(each["First"], each["SpanCount"], each["Dropped"]) for each in listed} == {("POST", 2000, 501)}


@pytest.mark.parametrize("wanted", ["1", "nonsense", "f" * 5000, "../info"])
async def test_one_that_is_not_there_is_not_found(wanted: str) -> None:
    assert await get(f"/traces/{wanted}") == (404, {"message": f"No such trace: {wanted}"})


async def test_they_can_only_be_read() -> None:
    assert (await get("/traces", "DELETE"))[0] == 405
