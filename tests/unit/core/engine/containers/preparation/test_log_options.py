"""The daemon's log options are for containers of its default log driver."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from core.engine.containers.preparation.log_options import log_options
from core.engine.context import EngineContext, EngineSettings
from sdk.engine.config import LogConfig


@pytest.mark.parametrize(
    ("config", "options"),
    [
        (LogConfig(), {"a": "1", "b": "2"}),
        (LogConfig("syslog", {"b": "3", "c": "4"}), {"a": "1", "b": "3", "c": "4"}),
        (LogConfig("local", {"c": "4"}), {"c": "4"}),
    ],
)
def test_defaults(config: LogConfig, options: dict[str, str]) -> None:
    settings = EngineSettings(Path("/data"), Path("/run"), "instance", log_options=(("a", "1"), ("b", "2")))
    context = SimpleNamespace(settings=settings, drivers=SimpleNamespace(log_name="syslog"))
    assert log_options(cast(EngineContext, context), config) == options
