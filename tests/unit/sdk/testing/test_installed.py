"""A driver that wraps another gets it from what is installed, and finds it again."""

from pathlib import Path

import pytest

from sdk.drivers.logs import LogContext, LogDriver, StdStream
from sdk.errors import NotFound
from sdk.testing.context import plugin_context


@pytest.mark.anyio
async def test_an_installed_driver_is_opened_by_name(tmp_path: Path) -> None:
    context = plugin_context("wrapper", tmp_path)
    (tmp_path / "container").mkdir()
    async with context.installed.log_driver("json-file") as driver:
        assert isinstance(driver, LogDriver)
        log = driver.open(LogContext("c" * 64, "box", "image", tmp_path / "container", {}))
        log.write(StdStream.STDOUT, b"one\n", 1)
        log.close()
    assert any((tmp_path / "container").iterdir())


@pytest.mark.anyio
async def test_each_use_has_directories_that_are_there_again(tmp_path: Path) -> None:
    context = plugin_context("wrapper", tmp_path)
    for _ in range(2):
        async with context.installed.log_driver("local"):
            pass
    (below,) = context.exec_root.parent.glob("wrapped-*")
    assert sorted(path.name for path in below.iterdir()) == ["data", "exec"]


@pytest.mark.anyio
async def test_one_that_is_not_installed_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r'no driver "none" is installed \(there are: .*ns'):
        async with plugin_context("wrapper", tmp_path).installed.runtime("none"):
            pass
