"""What a driver is opened with when nothing else is given."""

import logging
from pathlib import Path

import pytest

from sdk.errors import NotFound
from sdk.providers import PluginContext
from sdk.testing.context import RecordedEvents


def test_where_there_are_no_others_none_can_be_wrapped(tmp_path: Path) -> None:
    context = PluginContext("old", tmp_path, tmp_path, "12345678", RecordedEvents(), logging.getLogger("old"))
    with pytest.raises(NotFound, match='no runtime "ns" can be reached from here'):
        context.installed.runtime("ns")
    with pytest.raises(NotFound, match='no log driver "local" can be reached from here'):
        context.installed.log_driver("local")
