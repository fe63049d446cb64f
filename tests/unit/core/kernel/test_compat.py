"""Which API versions are accepted."""

from types import ModuleType

import pytest

from core.kernel.compat import incompatibility
from sdk.version import API_VERSION

MAJOR, MINOR = API_VERSION


def _declaring(version: object) -> ModuleType:
    module = ModuleType("plugin")
    module.API_VERSION = version
    return module


def test_a_module_that_declares_nothing_is_accepted() -> None:
    assert incompatibility(ModuleType("plugin")) == ""


def test_the_offered_version_is_accepted() -> None:
    assert incompatibility(_declaring(API_VERSION)) == ""


@pytest.mark.parametrize("version", [(MAJOR + 1, 0), (MAJOR - 1, 0), (MAJOR, MINOR + 1)])
def test_other_majors_and_newer_minors_are_refused(version: tuple[int, int]) -> None:
    assert (
        incompatibility(_declaring(version))
        == f"built for plugin API {version[0]}.{version[1]}, this engine offers {MAJOR}.{MINOR}"
    )


@pytest.mark.parametrize("version", ["1.0", 1, (1,), (1, "0"), None.__class__])
def test_what_is_no_version_is_refused(version: object) -> None:
    assert "not a pair of integers" in incompatibility(_declaring(version))
