"""The pytest plugin inside the machine: every report goes out by the second serial port, a line of JSON each."""

import json
from pathlib import Path

import pytest

_PORT = Path("/dev/ttyS1")


class Reporter:
    """Writes to the port as long as the session lasts."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._port = _PORT.open("w", encoding="ascii")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._port.write(json.dumps(data) + "\n")
        self._port.flush()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reporter(config))
