"""What waits for a collector, and what becomes of it when that is slow, refuses or is not there."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import anyio
import httpx
import pytest

from plugins.otlp import observer as sending
from plugins.otlp import running
from plugins.otlp.observer import OtlpObserver
from plugins.otlp.plugin import provide_observer
from plugins.otlp.settings import OtlpSettings
from sdk.testing.context import plugin_context
from sdk.tracing import Span
from tests.collector import Collector, collecting

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def spans(name: str, count: int = 1) -> Sequence[Span]:
    return [Span(1, number, 0, name, 1, 2, {}) for number in range(1, count + 1)]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are sent at once, and a stop waits as long as a loaded machine needs."""
    monkeypatch.setattr(sending, "_GATHERING", 0.01)
    monkeypatch.setattr(running, "_LAST_SECONDS", 30.0)


@asynccontextmanager
async def answering_without_end(head: bytes, piece: bytes) -> AsyncIterator[str]:
    """Give the address of a collector whose answers go on with a piece each millisecond, until the client has enough."""

    left = asyncio.Event()
    left.set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left.clear()
        with suppress(OSError), closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.001)
        left.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with anyio.fail_after(30):
            await left.wait()


@asynccontextmanager
async def exporting(directory: Path, url: str, **settings: object) -> AsyncIterator[OtlpObserver]:
    made = OtlpSettings.model_validate({"endpoint": url, **settings})
    async with provide_observer().open(plugin_context("otlp", directory), made) as observer:
        assert isinstance(observer, OtlpObserver)
        yield observer


async def taken(collector: Collector, name: str) -> None:
    await anyio.to_thread.run_sync(collector.wait, name)


@pytest.mark.usefixtures("patient")
async def test_spans_are_sent_with_what_the_daemon_is_and_the_rest_at_the_end(tmp_path: Path) -> None:
    with collecting() as collector:
        async with exporting(tmp_path, collector.url, headers={"Api-Key": "k"}, service_name="here") as observer:
            observer.on_trace(spans("one"))
            await taken(collector, "one")
            observer.on_trace(spans("last"))
        assert [span["name"] for span in collector.spans] == ["one", "last"]
        path, headers, body = collector.requests[0]
        assert (path, headers["api-key"], headers["content-type"]) == ("/v1/traces", "k", "application/json")
        resource = {each["key"]: each["value"] for each in body["resourceSpans"][0]["resource"]["attributes"]}
        assert resource["service.name"] == {"stringValue": "here"}
        assert {"service.version", "service.instance.id", "process.pid", "host.name", "os.type"} < resource.keys()


@pytest.mark.usefixtures("patient")
async def test_what_comes_at_once_is_sent_together_and_in_batches(tmp_path: Path) -> None:
    with collecting() as collector:
        async with exporting(tmp_path, collector.url) as observer:
            for _ in range(13):
                observer.on_trace(spans("one", 100))
        sizes = [len(body["resourceSpans"][0]["scopeSpans"][0]["spans"]) for _, _, body in collector.requests]
        assert sizes == [512, 512, 276]


@pytest.mark.usefixtures("patient")
async def test_the_same_spans_are_sent_again_where_the_collector_is_busy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0.01)
    with collecting() as collector:
        collector.answers = [(503, b""), (429, b"")]
        async with exporting(tmp_path, collector.url) as observer:
            observer.on_trace(spans("one", 3))
            await taken(collector, "one")
        assert (len(collector.spans), observer.dropped) == (3, 0)
    assert f"{collector.url}/v1/traces takes no spans: it answers 503" in caplog.text


@pytest.mark.usefixtures("patient")
async def test_what_the_collector_refuses_is_dropped_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with collecting() as collector:
        collector.answers = [(401, b"who are you")]
        async with exporting(tmp_path, collector.url) as observer:
            observer.on_trace(spans("one", 3))
        assert (collector.spans, observer.dropped) == ([], 3)
    assert "3 spans are dropped (3 so far): the collector answers 401: who are you" in caplog.text


async def test_without_a_collector_the_queue_is_bounded_and_nothing_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with collecting() as collector:
        pass
    began = time.monotonic()
    async with exporting(tmp_path, collector.url, queue=1000) as observer:
        held = time.thread_time()
        for _ in range(100):
            observer.on_trace(spans("one", 100))
        assert time.thread_time() - held < 0.5
        assert observer.dropped == 9000
    assert time.monotonic() - began < 20, "a daemon stops although its collector is gone"
    assert observer.dropped == 10_000
    told = [record.getMessage() for record in caplog.records if "dropped" in record.getMessage()]
    assert told == [
        f"100 spans are dropped (100 so far): 1000 wait for {collector.url}/v1/traces",
        "9900 spans are dropped (10000 so far): the daemon stops",
    ]


@pytest.mark.usefixtures("patient")
async def test_spans_that_cannot_be_sent_are_dropped_and_those_after_them_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting() as collector:
        async with exporting(tmp_path, collector.url) as observer:
            observer.on_trace(spans("a\udcff", 3))
            with anyio.fail_after(30):
                while not observer.dropped:
                    await anyio.sleep(0.001)
            observer.on_trace(spans("one"))
            await taken(collector, "one")
        assert ([span["name"] for span in collector.spans], observer.dropped) == (["one"], 3)
    assert "3 spans are dropped (3 so far): they cannot be sent: UnicodeEncodeError" in caplog.text


@pytest.mark.usefixtures("patient")
async def test_an_address_that_no_request_can_be_sent_to_is_not_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = OtlpSettings.model_construct(endpoint="grpc://127.0.0.1:4317", headers={}, service_name="core", queue=10)
    async with provide_observer().open(plugin_context("otlp", tmp_path), settings) as observer:
        observer.on_trace(spans("one"))
    assert "1 spans are dropped (1 so far): they cannot be sent: " in caplog.text


@pytest.mark.usefixtures("patient")
async def test_of_an_answer_without_end_the_beginning_is_enough(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        answering_without_end(b"HTTP/1.1 400 Bad Request\r\n\r\nno", b"x" * 10_000) as url,
        exporting(tmp_path, url) as observer,
    ):
        observer.on_trace(spans("one"))
        with anyio.fail_after(30):
            while not observer.dropped:
                await anyio.sleep(0.001)
    assert f"the collector answers 400: no{'x' * 198}..." in caplog.text


@pytest.mark.usefixtures("patient")
async def test_an_answer_that_comes_too_slowly_is_waited_for_in_vain(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_TIMEOUT", 0.2)
    monkeypatch.setattr(running, "_LAST_SECONDS", 0.01)
    async with answering_without_end(b"HTTP/1.1 200 OK\r\n\r\n", b"x") as url, exporting(tmp_path, url) as observer:
        observer.on_trace(spans("one"))
        with anyio.fail_after(30):
            while "takes no spans" not in caplog.text:
                await anyio.sleep(0.001)
    assert "takes no spans: no whole answer in 0.2 seconds" in caplog.text


@pytest.mark.usefixtures("patient")
async def test_the_password_of_the_address_is_sent_and_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0.01)
    caplog.set_level("INFO")
    with collecting() as collector:
        collector.answers = [(503, b"")]
        async with exporting(tmp_path, collector.url.replace("://", "://me:secret@"), queue=1) as observer:
            observer.on_trace(spans("one"))
            await taken(collector, "one")
            observer.on_trace(spans("many", 2))
        assert collector.requests[0][1]["authorization"] == "Basic bWU6c2VjcmV0"
    for said in ("traces are shipped to", "takes no spans", "spans are dropped"):
        assert said in caplog.text
    assert "secret" not in caplog.text


async def test_an_answer_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(50 << 20), 1)
    assert len(packed) > 64 << 10
    read = await sending._beginning(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(packed)))
    assert read == packed[: 64 << 10]
