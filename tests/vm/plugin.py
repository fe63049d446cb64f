"""`pytest -p tests.vm.plugin`: what is selected here runs in a virtual machine, and is reported here as if it had run here.

The machine is a Debian with cgroups of version 2 alone and the distribution's kernel. Tests are collected on both sides; the
reports come back one by one, as pytest-xdist's workers send them.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.images import base_image, project_image
from tests.vm.machine import Machine

_ROOT = Path(__file__).parents[2]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the session's tests in the machine instead."""
    if session.testsfailed or session.config.option.collectonly or not session.items:
        return None
    waiting = {item.nodeid: item for item in session.items}
    base = base_image(_ROOT)
    project = project_image(_ROOT, base.directory, list(waiting))
    machine = Machine(base, project, base.directory / "console.log")
    for report in _reports(session.config, machine):
        session.config.hook.pytest_runtest_logreport(report=report)
        if report.when == "teardown":
            waiting.pop(report.nodeid, None)
    for item in waiting.values():
        session.config.hook.pytest_runtest_logreport(report=_lost(item, machine))
    return True


def _reports(config: pytest.Config, machine: Machine) -> Iterator[pytest.TestReport]:
    for line in machine.run():
        report = config.hook.pytest_report_from_serializable(config=config, data=json.loads(line))
        if isinstance(report.longrepr, list):  # why and where it was skipped, a tuple before it was JSON
            report.longrepr = tuple(report.longrepr)
        if report.when == "setup":
            config.hook.pytest_runtest_logstart(nodeid=report.nodeid, location=report.location)
        yield report


def _lost(item: pytest.Item, machine: Machine) -> pytest.TestReport:
    """Return the failure of a test that the machine did not report; the machine's last words are in it."""
    words = f"the machine ended without a report of this test; its console said:\n{machine.last_words()}"
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", words, "call")
