"""Which runtime a container gets: what it asks for, else the configuration's default, else the chosen driver."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from core.defaults import ContainerDefaults
from core.engine.context import EngineContext, EngineSettings


class Context(SimpleNamespace):
    """All that is asked of a context here."""

    runtime_name = EngineContext.runtime_name


@pytest.mark.parametrize(
    ("asked", "configured", "expected"),
    [("", "", "ns"), ("", "crun", "crun"), ("mine", "crun", "mine"), ("mine", "", "mine")],
)
def test_the_runtime_of_a_container(asked: str, configured: str, expected: str) -> None:
    settings = EngineSettings(Path("/data"), Path("/run"), "instance", containers=ContainerDefaults(runtime=configured))
    assert Context(settings=settings, drivers=SimpleNamespace(runtime_name="ns")).runtime_name(asked) == expected
