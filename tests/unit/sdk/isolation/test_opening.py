"""In the plugin's process: which driver is opened, with what, and where its log goes."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sdk.isolation.frames import FromPlugin, Logged
from sdk.isolation.opening import begin_logging, opened
from tests.odd_volumes import OddVolumes
from tests.unit.sdk.isolation.conftest import REQUEST

pytestmark = pytest.mark.anyio


@pytest.fixture
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_a_driver_is_opened_with_what_the_daemon_says(tmp_path: Path) -> None:
    request = msgspec.structs.replace(REQUEST, data_root=str(tmp_path))
    async with opened(request, lambda _frame: None) as driver:
        assert isinstance(driver, OddVolumes)
        context = driver.context
        assert (context.name, context.data_root, context.exec_root, context.instance) == ("odd", tmp_path, Path("/e"), "i")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"wire": 2}, "the daemon speaks version 2 of the protocol"),
        ({"module": "tests.no_such"}, "No module named"),
        ({"hook": "no_such"}, "has no attribute"),
        ({"hook": "OddSettings"}, "returned a OddSettings, not a Provider"),
        ({"settings": '{"foo": 1}'}, "foo"),
    ],
)
async def test_what_cannot_be_opened_says_why(changes: dict[str, object], error: str) -> None:
    with pytest.raises(Exception, match=error):
        async with opened(msgspec.structs.replace(REQUEST, **changes), lambda _frame: None):
            pass


@pytest.mark.usefixtures("_logging_as_it_was")
def test_the_log_goes_to_the_daemon_from_its_level_on() -> None:
    sent: list[FromPlugin] = []
    begin_logging(msgspec.structs.replace(REQUEST, level=logging.INFO), sent.append)
    logging.getLogger("plugins.odd").info("told")
    logging.getLogger("plugins.odd").debug("not told")
    logging.getLogger("pyroute2").info("not told either")
    logging.getLogger("pyroute2").warning("told, too")
    assert sent == [Logged(20, "told"), Logged(30, "told, too")]


async def test_modules_are_found_where_the_daemon_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older copy among the installed packages must not win over the one that the daemon has."""
    own = [place for place in dict.fromkeys(sys.path) if place]
    monkeypatch.setattr(sys, "path", list(own))
    places = ("/dev/null/first", own[-1])
    async with opened(msgspec.structs.replace(REQUEST, data_root=str(tmp_path), path=places), lambda _frame: None):
        assert sys.path == [*places, *own[:-1]]
