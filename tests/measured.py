"""What of a run is measured for branch coverage, where coverage.py was started before the tests (`make test`, `make coverage`).

A subprocess is measured where it inherits the variable by which coverage.py starts itself: the daemons and command lines of this
interpreter do. Workers, helpers and executors that run with `-I -S` load no startup file, so they cannot be.
"""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from coverage import Coverage

PARTS = (
    "tests/unit/",
    "tests/contract/",
    "tests/api/",
)
"""What `make test` measures. Measuring costs a third of a test's time again: these reach most for what they cost."""

NEVER = (
    "tests/integration/test_daemon.py",
    "tests/integration/test_hostile_registry.py",
    "tests/integration/images/test_hostile_image_archives.py",
    "tests/integration/demo/",
    "tests/fuzz/",
)
"""Tests that watch how large or how fast a daemon is, as users run it, or run it as a user who may not write what was measured."""

EVERYTHING = "COVERAGE_OF_EVERYTHING"
"""The variable that has all tests measured."""

_TOTAL = pytest.StashKey[str]()

_VARIABLES = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")


class _Measuring:
    """The measuring of this process and of those that it starts; goes on and off with the files of tests."""

    def __init__(self) -> None:
        self._coverage = _started()
        self._inherited = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        self._is_on = True

    @property
    def is_asked_for(self) -> bool:
        """Tell whether the run began with coverage.py."""
        return self._coverage is not None

    def switch(self, *, on: bool) -> None:
        if self._coverage is None or on == self._is_on:
            return
        self._is_on = on
        if on:
            os.environ.update(self._inherited)
            self._coverage.start()
            return
        self._coverage.stop()
        for name in self._inherited:
            del os.environ[name]


def _started() -> "Coverage | None":
    """Return what measures this process. It began with the interpreter, or not at all."""
    if "coverage" not in sys.modules:
        return None
    from coverage import Coverage

    return Coverage.current()


_measuring = _Measuring()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Measure nothing more in a process that only shares tests out to workers."""
    if _shares_out(session.config):
        _measuring.switch(on=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Measure while a test runs that is to be measured."""
    _measuring.switch(on=_is_measured(item.nodeid))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """When the workers have ended, add up what they and their processes measured; a run that reaches less than the floor has failed."""
    if not _shares_out(session.config) or not _measuring.is_asked_for:
        return
    _measuring.switch(on=False)
    subprocess.run([sys.executable, "-m", "coverage", "combine", "--quiet"], check=False)
    report = [sys.executable, "-m", "coverage", "report", "--format=total"]
    done = subprocess.run(report, capture_output=True, text=True, check=False)
    session.config.stash[_TOTAL] = " ".join(done.stdout.split()[:1]) or done.stderr.strip()
    if done.returncode:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.stash[_TOTAL] += ", which is below the floor (fail_under in pyproject.toml)"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell the figure, before the line that ends the run."""
    if total := config.stash.get(_TOTAL, ""):
        terminalreporter.section("coverage")
        terminalreporter.write_line(f"statements and branches covered, in per cent: {total}")


def _shares_out(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def _is_measured(test: str) -> bool:
    return (EVERYTHING in os.environ or test.startswith(PARTS)) and not test.startswith(NEVER)
