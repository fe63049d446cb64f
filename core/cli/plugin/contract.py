"""An installed driver, tried by the contract suite of its kind: pytest runs it in a process of its own, and each case is told."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import cast
from xml.etree import ElementTree as ET

from pydantic import ValidationError

from core.archives.filetree import remove_tree
from core.config import ConfigurationError, Settings
from core.kernel.discovery import discover
from core.kernel.offers import Described
from core.kernel.tables import table_of
from sdk.errors import SkipPlugin
from sdk.linux.mount_root import is_mount_root
from sdk.providers import Kind
from sdk.scaffold import contract_source

_WHOLE = "its contract suite"
_NEEDS_EXAMPLES = frozenset({Kind.REGISTRY, Kind.FRONTEND, Kind.VERIFIER, Kind.AUTHORIZER})
"""Kinds whose suite needs to be told what this driver serves, allows or refuses."""
_NOT_HERE = f"{SkipPlugin.__module__}.{SkipPlugin.__name__}: "
"""How pytest tells that a driver cannot run on this machine."""
_WIDTH = 160
_CASE_SECONDS = 300


class Result(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "FAILED"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One check, in words; `why` says what was found, good or bad."""

    check: str
    result: Result
    why: str = ""


def contract_module(offer: Described, kinds: Collection[Kind]) -> str | None:
    """Return the module that a plugin names as CONTRACT for a driver: "" where the suite needs more than there is here, None for the suite of the
    kind alone.

    `kinds` are those of all of the plugin's drivers. One name is that of the only kind, or of the only one that needs examples. Raises
    ConfigurationError for a CONTRACT that does not say for which drivers it is.
    """
    named: object = getattr(_plugin(offer), "CONTRACT", None)
    if isinstance(named, str):
        named = dict.fromkeys(_kinds_of_one_name(kinds), named)
    if named is None:
        return None
    if not isinstance(named, Mapping) or not all(kind in kinds and isinstance(each, str) for kind, each in named.items()):
        raise ConfigurationError(f"CONTRACT is neither the name of a module nor one for each kind of its drivers: {named!r}")
    return cast("Mapping[str, str]", named).get(offer.kind)


def _kinds_of_one_name(kinds: Collection[Kind]) -> Collection[Kind]:
    asking = set(kinds) & _NEEDS_EXAMPLES if len(set(kinds)) > 1 else set(kinds)
    if len(asking) != 1:
        example = ", ".join(f"'{kind}': ..." for kind in sorted(set(kinds)))
        raise ConfigurationError(
            f"CONTRACT is one name, and the plugin has drivers of several kinds: name one for each, {{{example}}}"
        )
    return asking


def _plugin(offer: Described) -> ModuleType:
    return next(candidate.load() for candidate in discover() if candidate.name == offer.plugin)


def contract_cases(offer: Described, own: str | None, configured: Settings | None = None, *, isolated: bool = False) -> list[Case]:
    """Run the contract suite of a driver's kind on it. `own` is the plugin's own use of the suite, as `contract_module` returns it.

    The driver has the defaults of its settings, unless `configured` has others: what these lead to the suite fills and empties. `isolated` tries the
    driver in a process of its own, unless the plugin's own module says how it is opened.
    """
    if importlib.util.find_spec("pytest") is None:
        return [Case(_WHOLE, Result.SKIPPED, "pytest is not installed here: pip install pytest pytest-timeout")]
    if own == "":
        return [
            Case(_WHOLE, Result.SKIPPED, "the plugin says that its suite needs more than a directory: its author's tests run it")
        ]
    if own is None and offer.kind in _NEEDS_EXAMPLES:
        return [Case(_WHOLE, Result.SKIPPED, f"a {offer.kind} needs examples: the plugin names no module with them as CONTRACT")]
    if own is None and configured is None and not _has_defaults(offer):
        return [Case(_WHOLE, Result.SKIPPED, "its settings have no defaults: --configured takes those of the configuration")]
    with _directory() as directory:
        report = directory / "report.xml"
        what = ["--pyargs", own] if own else [_generic(offer, _plugin(offer), configured, directory, isolated=isolated)]
        done = subprocess.run(
            [*_pytest(report), "--basetemp", str(directory / "cases"), *what],
            cwd=directory,
            env=_environment(),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        cases = list(_cases(report)) if report.exists() else []
    if own and isolated:
        cases.insert(0, Case("in a process of its own", Result.SKIPPED, f"{own} says how the driver is opened"))
    return cases or [Case(_WHOLE, Result.FAILED, _last_line(done.stdout + done.stderr) or f"pytest ended with {done.returncode}")]


@contextmanager
def _directory() -> Iterator[Path]:
    """Make a directory, and remove it with all that the cases left in it; one where a driver left a mount stays, as what is mounted is not its own."""
    directory = tempfile.mkdtemp(prefix="core-contract-")
    try:
        yield Path(directory)
    finally:
        with suppress(OSError):
            remove_tree(os.fsencode(directory), is_mount_root)


def _has_defaults(offer: Described) -> bool:
    try:
        offer.settings()
    except ValidationError:
        return False
    return True


def _generic(offer: Described, plugin: ModuleType, configured: Settings | None, directory: Path, *, isolated: bool) -> str:
    """Write the test module that any driver of a kind can be tried by; return its name."""
    values = table_of(configured, offer.kind, offer.plugin, offer.settings) if configured else {}
    file = directory / "test_contract.py"
    file.write_text(contract_source(offer.kind, offer.name, plugin.__name__, values, isolated=isolated))
    return file.name


def _pytest(report: Path) -> Sequence[str]:
    timeout = [f"--timeout={_CASE_SECONDS}"] if importlib.util.find_spec("pytest_timeout") else []
    options = ["--import-mode=importlib", "--tb=short", "-q", "-m", "not slow", "-o", "python_files=*.py", *timeout]
    plugins = ["-p", "no:cacheprovider", "-p", "no:core_sdk", "-p", "sdk.testing.plugin"]
    return [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", *plugins, *options, f"--junit-xml={report}"]


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}


def _cases(report: Path) -> Iterator[Case]:
    for case in ET.parse(report).iter("testcase"):
        name = _in_words(case.get("name", ""))
        trouble = next((each for kind in ("failure", "error", "skipped") if (each := case.find(kind)) is not None), None)
        if trouble is None:
            yield Case(name, Result.OK)
            continue
        reason = _reason(trouble)
        is_left_out = trouble.tag == "skipped" or reason.startswith(_NOT_HERE)
        yield Case(name, Result.SKIPPED if is_left_out else Result.FAILED, _shortened(reason.removeprefix(_NOT_HERE)))


def _reason(trouble: ET.Element) -> str:
    """Return what pytest says of a case, without the frame around the error of a fixture."""
    message = trouble.get("message", "")
    return re.sub(r"^failed on (setup|teardown) with \"(.*)\"$", r"\2", message, flags=re.DOTALL)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _in_words(name: str) -> str:
    plain, bracket, parameters = name.removeprefix("test_").partition("[")
    return plain.replace("_", " ") + (f" [{parameters}" if bracket else "")


def _last_line(text: str) -> str:
    return _shortened(next((line for line in reversed(text.splitlines()) if line.strip()), ""))
