"""When figures are read anew."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from plugins.api_metrics import collector, containers, daemon, process
from plugins.api_metrics.collector import Collector
from plugins.api_metrics.text import Format
from sdk.engine import Engine
from sdk.engine.config import ContainerConfig, HostConfig
from sdk.engine.containers import CreateRequest, StatsReading
from sdk.testing.fake import fake_engine
from sdk.testing.fake.streams import FakeStreams

pytestmark = pytest.mark.anyio


class CountingStreams(FakeStreams):
    """Counts collections, which take a moment."""

    collections = 0

    async def stats_all(self) -> Mapping[str, StatsReading]:
        self.collections += 1
        await anyio.sleep(0.01)
        return await super().stats_all()


@pytest.fixture
def engine() -> Engine:
    engine = fake_engine()
    return replace(engine, streams=CountingStreams(engine.containers))


async def run(engine: Engine, name: str) -> None:
    request = CreateRequest(ContainerConfig(image="busybox", cmd=("sleep", "600")), HostConfig(), name=name)
    await engine.containers.start((await engine.containers.create(request)).id)


def collections(engine: Engine) -> int:
    assert isinstance(engine.streams, CountingStreams)
    return engine.streams.collections


async def test_scrapes_at_the_same_time_share_one_collection(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "FRESH_SECONDS", 60.0)
    await run(engine, "web")
    metrics, texts = Collector(engine), []

    async def scrape(chosen: Format) -> None:
        texts.append(await metrics.text(chosen))

    async with anyio.create_task_group() as tasks:
        for chosen in [Format.TEXT] * 8 + [Format.OPENMETRICS] * 8:
            tasks.start_soon(scrape, chosen)
    assert (collections(engine), len(set(texts))) == (1, 2)


async def test_a_scrape_that_is_cancelled_takes_no_other_along(engine: Engine) -> None:
    metrics = Collector(engine)
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            tasks.start_soon(metrics.text, Format.TEXT)
            await anyio.lowlevel.checkpoint()
            scope.cancel()
    assert b"core_images 1" in await metrics.text(Format.TEXT)


async def test_figures_are_good_for_a_second(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert collector.FRESH_SECONDS == 1
    monkeypatch.setattr(collector, "FRESH_SECONDS", 60.0)
    metrics = Collector(engine)
    await metrics.text(Format.TEXT)
    await metrics.text(Format.OPENMETRICS)
    assert collections(engine) == 1
    monkeypatch.setattr(collector, "FRESH_SECONDS", 0.0)
    await metrics.text(Format.TEXT)
    assert collections(engine) == 2


async def test_the_series_of_a_removed_container_vanish_at_once(engine: Engine) -> None:
    await run(engine, "web")
    await run(engine, "db")
    metrics = Collector(engine)
    assert b'name="web"} ' in await metrics.text(Format.TEXT)
    await engine.containers.remove("web", force=True)
    text = await metrics.text(Format.TEXT)
    assert b'name="web"' not in text
    assert b'name="db"} ' in text


async def test_a_new_name_is_told_at_once(engine: Engine) -> None:
    await run(engine, "web")
    metrics = Collector(engine)
    await metrics.text(Format.TEXT)
    await engine.containers.rename("web", "shop")
    text = await metrics.text(Format.TEXT)
    assert (b'name="web"' in text, b'name="shop"} ' in text) == (False, True)


async def test_the_guide_names_every_metric(engine: Engine) -> None:
    guide = (Path(__file__).parents[4] / "docs" / "how-to" / "metrics.md").read_text()
    families = [*containers.FAMILIES, *daemon.FAMILIES, *process.FAMILIES]
    assert [family.name for family in families if f"| `{family.name}` | {family.type} | {family.help} |" not in guide] == []
    await run(engine, "web")
    text = (await Collector(engine).text(Format.TEXT)).decode()
    told = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    absent = {"container_fs_reads_bytes_total", "container_fs_writes_bytes_total", "container_spec_cpu_quota"}
    assert told == {family.name for family in families} - absent
