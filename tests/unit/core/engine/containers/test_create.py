"""What a client is warned of is what its container's runtime cannot do, also where the daemon's configuration chooses the runtime."""

from collections.abc import Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from core.engine.containers import create as create_verb
from core.engine.containers.create import create
from core.engine.context import EngineContext
from sdk.drivers.verifier import ImageVerifier
from sdk.engine.config import ContainerConfig, HostConfig, Limits
from sdk.engine.containers import Created, CreateRequest
from sdk.oci.descriptor import Platform

pytestmark = pytest.mark.anyio

IMAGE = SimpleNamespace(id="i", chains=(), config=SimpleNamespace(platform=Platform("")))
WARNING = "Your kernel does not support OomKillDisable. OomKillDisable discarded."


class Context(SimpleNamespace):
    """All that is asked of a context here."""

    runtime_name = EngineContext.runtime_name


class Drivers:
    """Two runtimes, the driver's default `plain` on version 1 of control groups, `unified` on version 2."""

    runtime_name, log_name = "plain", "json-file"

    def __init__(self) -> None:
        self.verifiers: dict[str, ImageVerifier] = {}

    async def cgroup_version(self, runtime: str) -> int:
        return {"plain": 1, "unified": 2}[runtime]

    def log(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(check=lambda _options: None)


async def made(
    context: EngineContext, request: CreateRequest, image: object, cgroup_version: int, warnings: Sequence[str] = ()
) -> Created:
    return Created("c", tuple(warnings))


@pytest.mark.parametrize(
    ("configured", "asked", "warnings"),
    [
        ("", "", ()),
        ("unified", "", (WARNING,)),
        ("unified", "plain", ()),
        ("", "unified", (WARNING,)),
        ("plain", "unified", (WARNING,)),
    ],
)
async def test_a_warning_is_that_of_the_runtime_it_gets(
    configured: str, asked: str, warnings: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create_verb, "create_from", made)
    images = SimpleNamespace(
        find_for=lambda _ref, _platform: IMAGE, layers=SimpleNamespace(pins=SimpleNamespace(hold=lambda _chains: nullcontext()))
    )
    settings = SimpleNamespace(containers=SimpleNamespace(runtime=configured), log_options=())
    context = cast(EngineContext, Context(drivers=Drivers(), settings=settings, images=images))
    host = HostConfig(runtime=asked, limits=Limits(memory=64 << 20, oom_kill_disable=True))
    created = await create(context, CreateRequest(config=ContainerConfig(image="i"), host_config=host))
    assert created.warnings == warnings
