"""Whose network a step of a build has."""

import pytest

from core.engine.builds.process import host_config_of
from sdk.builder import StepProcess
from sdk.engine.modes import NetworkKind, NetworkMode


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("", NetworkMode()),
        ("default", NetworkMode()),
        ("none", NetworkMode(NetworkKind.NONE)),
        ("host", NetworkMode(NetworkKind.HOST)),
        ("front", NetworkMode(name="front")),
        ("container:web", NetworkMode(NetworkKind.CONTAINER, container="web")),
    ],
)
def test_what_the_builder_calls_a_network(text: str, mode: NetworkMode) -> None:
    assert host_config_of(StepProcess(id="a" * 64, args=("true",), network=text)).network_mode == mode
