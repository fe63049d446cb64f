"""What waits for a collector, and what becomes of it when that is slow, refuses or is not there."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from plugins.otlp import observer as sending
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


@asynccontextmanager
async def exporting(directory: Path, url: str, **settings: object) -> AsyncIterator[OtlpObserver]:
    made = OtlpSettings.model_validate({"endpoint": url, **settings})
    async with provide_observer().open(plugin_context("otlp", directory), made) as observer:
        assert isinstance(observer, OtlpObserver)
        yield observer


async def taken(collector: Collector, name: str) -> None:
    await anyio.to_thread.run_sync(collector.wait, name)


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


async def test_what_comes_at_once_is_sent_together_and_in_batches(tmp_path: Path) -> None:
    with collecting() as collector:
        async with exporting(tmp_path, collector.url) as observer:
            for _ in range(13):
                observer.on_trace(spans("one", 100))
        sizes = [len(body["resourceSpans"][0]["scopeSpans"][0]["spans"]) for _, _, body in collector.requests]
        assert sizes == [512, 512, 276]


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
