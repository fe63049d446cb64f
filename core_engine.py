"""The programs `core` and `dockerd` begin here, under a name that no other project has: `core`, `sdk` and `plugins` are common names,
and the first folder of such a name on Python's path hides this engine's."""

import os
import sys
from importlib.util import find_spec

_HOME = os.path.dirname(os.path.realpath(__file__))
_PACKAGES = ("core", "sdk", "plugins")


def main() -> None:
    """Run the command line; exits the process, with 1 and one sentence if another package is found in place of the engine's."""
    problem = shadowed()
    if problem:
        sys.exit(f"core: {problem}")
    from core.cli import main as run  # noqa: PLC0415 - what is found first must be the engine's own

    run()


def shadowed() -> str:
    """Return the sentence about a package that hides one of the engine's, or ""."""
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None:
            return f"the package {package} is missing beside {_HOME}: install core-engine again"
        origin = spec.origin or next(iter(spec.submodule_search_locations or ()), "")
        found = origin.removesuffix(os.sep + "__init__.py")
        if os.path.realpath(found) != os.path.join(_HOME, package):
            return (
                f"another package {package}, {found}, hides the engine's own in {_HOME}: "
                "start elsewhere, or take its folder out of PYTHONPATH"
            )
    return ""
