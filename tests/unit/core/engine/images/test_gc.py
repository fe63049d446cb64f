"""Images that go by themselves, by a policy."""

import logging
import time
from pathlib import Path

import anyio
import pytest

from core.engine.context import GcPolicy
from core.engine.images.gc import collect_by_policy, policy_filters, watch
from tests.unit.core.engine.images.contexts import Images, open_images

EVERYTHING = {"dangling": ("false",)}


@pytest.fixture
async def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    """An image that was used an hour ago, and one that was two days ago."""
    made = open_images(tmp_path)
    for name in ("new", "old"):
        await made.add(name, f"{name}:1")
    ago = {made.id(name): time.time_ns() - hours * 3600 * 10**9 for name, hours in (("new", 1), ("old", 48))}
    monkeypatch.setattr(made.context.store, "last_used_ns", ago.__getitem__)
    return made


@pytest.mark.parametrize(
    ("policy", "filters"),
    [
        (GcPolicy(), []),
        (GcPolicy(max_age="24h"), [{**EVERYTHING, "unused-for": ("24h",)}]),
        (GcPolicy(keep_free="20%", spared=""), [{**EVERYTHING, "min-free-space": ("20%",)}]),
        (GcPolicy(keep_free="1GB"), [{**EVERYTHING, "unused-for": ("10m",), "min-free-space": ("1GB",)}]),
        (
            GcPolicy(max_age="24h", keep_free="20%", spared="1h"),
            [{**EVERYTHING, "unused-for": ("24h",)}, {**EVERYTHING, "unused-for": ("1h",), "min-free-space": ("20%",)}],
        ),
    ],
)
def test_a_policy_is_a_row_of_prunes(policy: GcPolicy, filters: list[dict[str, tuple[str, ...]]]) -> None:
    assert policy_filters(policy) == filters


@pytest.mark.anyio
async def test_a_policy_is_applied_once(images: Images) -> None:
    removals, freed = await collect_by_policy(images.context, GcPolicy(max_age="24h"))
    assert images.left() == {"new"}
    assert [each.untagged for each in removals if each.untagged] == ["old:1"]
    assert freed > 0


@pytest.mark.anyio
async def test_a_policy_is_applied_again_and_again(images: Images, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, images.context, GcPolicy(max_age="24h", interval=0.01))
            while images.left() != {"new"}:
                await anyio.sleep(0.005)
            await images.add("later", "later:1")
            images.context.store.last_used_ns = lambda _image: 0
            while images.left():
                await anyio.sleep(0.005)
            tasks.cancel_scope.cancel()
    assert any(record.getMessage().startswith("garbage collection freed ") for record in caplog.records)


@pytest.mark.anyio
async def test_a_failure_is_logged_and_the_next_time_comes(images: Images, caplog: pytest.LogCaptureFixture) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, images.context, GcPolicy(max_age="24", interval=0.01))
            while len(caplog.records) < 2:
                await anyio.sleep(0.005)
            tasks.cancel_scope.cancel()
    assert {record.getMessage() for record in caplog.records} == {"garbage collection failed: invalid filter 'unused-for=[24]'"}


@pytest.mark.anyio
async def test_without_a_policy_nothing_is_watched(images: Images) -> None:
    with anyio.fail_after(20):
        await watch(images.context, GcPolicy())
    assert images.left() == {"new", "old"}
