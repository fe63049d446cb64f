"""The daemon's own log."""

import logging
import subprocess
import sys

SAYING = """
import logging
from core.config import Settings
from core.daemon.logs import configure_logging
configure_logging(Settings(debug=True))
logging.getLogger("pyroute2").setLevel(0)
logging.getLogger("pyroute2.netlink.core").debug("each message")
logging.getLogger("pyroute2.netlink").warning("a warning")
logging.getLogger("asyncio").info("each turn")
for name in ("core.app", "plugins.net_bridge", "another.library"):
    logging.getLogger(name).debug("detail of %s", name)
"""


def test_debugging_shows_details_but_not_each_message_that_libraries_pass() -> None:
    said = subprocess.run([sys.executable, "-c", SAYING], check=True, capture_output=True, text=True, timeout=120).stderr
    lines = [line.split(None, 2)[2] for line in said.splitlines()]
    assert lines == [
        f"{logging.getLevelName(logging.WARNING)} pyroute2.netlink: a warning",
        "DEBUG   core.app: detail of core.app",
        "DEBUG   plugins.net_bridge: detail of plugins.net_bridge",
        "DEBUG   another.library: detail of another.library",
    ]
