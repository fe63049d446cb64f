"""Which API versions are accepted."""

from types import ModuleType

import pytest

from core.kernel.compat import declared_version, incompatibility
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


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        (
            (MAJOR + 1, 0),
            f"update the engine, or install a release of the plugin that is built for {MAJOR}.{MINOR} or an older {MAJOR}.x",
        ),
        (
            (MAJOR, MINOR + 1),
            f"update the engine, or install a release of the plugin that is built for {MAJOR}.{MINOR} or an older {MAJOR}.x",
        ),
        ((MAJOR - 1, 0), f"install a release of the plugin that is built for {MAJOR}.x"),
        ((MAJOR - 1, MINOR + 9), f"install a release of the plugin that is built for {MAJOR}.x"),
    ],
)
def test_other_majors_and_newer_minors_are_refused_with_the_way_out(version: tuple[int, int], remedy: str) -> None:
    assert (
        incompatibility(_declaring(version))
        == f"built for plugin API {version[0]}.{version[1]}, this engine offers {MAJOR}.{MINOR}: {remedy}"
    )


def test_older_minors_keep_working() -> None:
    for minor in range(MINOR):
        assert incompatibility(_declaring((MAJOR, minor))) == ""


def test_a_declared_version_is_told_and_what_is_none_is_not() -> None:
    assert declared_version(_declaring((1, 0))) == "1.0"
    assert [declared_version(module) for module in (ModuleType("plugin"), _declaring("1.0"))] == ["", ""]


@pytest.mark.parametrize("version", ["1.0", 1, (1,), (1, "0"), None.__class__])
def test_what_is_no_version_is_refused(version: object) -> None:
    assert "not a pair of integers" in incompatibility(_declaring(version))
