"""An error is the same on the other side: the sdk's by class, the system's by number, all others by what they say."""

import pytest

from sdk.errors import (
    BuildFailed,
    DriverError,
    EngineError,
    ImageRefused,
    NoSuchImage,
    NoSuchVolume,
    PortAllocated,
    StartFailed,
    Unavailable,
)
from sdk.isolation.faults import PluginFailure, pack_fault, unpack_fault
from sdk.isolation.frames import Field, Raised, encode


class Own(NoSuchVolume):
    """An error of a plugin's own."""


@pytest.mark.parametrize(
    "error",
    [
        NoSuchVolume("v"),
        PortAllocated("e", "0.0.0.0", 80),
        StartFailed("no", 127),
        DriverError("p", "o", "c"),
        ImageRefused("i", "v", "r"),
        Unavailable("bytes \udcff"),
    ],
)
def test_an_error_of_the_sdk_has_its_class_its_text_and_its_fields(error: EngineError) -> None:
    frame = pack_fault(1, error)
    encode(frame)
    again = unpack_fault(frame)
    assert type(again) is type(error)
    text = error.message.replace("\udcff", "\\udcff")
    assert (str(again), again.message) == (text, text)
    assert {k: v for k, v in vars(again).items() if k != "message"} == {k: v for k, v in vars(error).items() if k != "message"}


def test_a_class_of_a_plugins_own_is_the_nearest_of_the_sdk() -> None:
    assert type(unpack_fault(pack_fault(1, Own("v")))) is NoSuchVolume


def test_an_error_of_the_system_keeps_number_and_path() -> None:
    again = unpack_fault(pack_fault(1, PermissionError(13, "Permission denied", "/a\udcff")))
    assert isinstance(again, PermissionError)
    assert (again.errno, again.strerror, again.filename) == (13, "Permission denied", "/a\\udcff")
    again = unpack_fault(pack_fault(1, OSError(28, "No space left on device")))
    assert isinstance(again, OSError)
    assert (again.errno, again.filename) == (28, None)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("odd"), "odd"),
        (RuntimeError(), "RuntimeError"),
        (SystemExit(3), "SystemExit"),
        (OSError("no number"), "no number"),
    ],
)
def test_all_others_are_what_they_say(error: BaseException, text: str) -> None:
    again = unpack_fault(pack_fault(1, error))
    assert type(again) is PluginFailure
    assert str(again) == text


def test_a_value_error_stays_one() -> None:
    """The daemon knows the one that Python raises for a name with a zero byte, which a client gave."""
    again = unpack_fault(pack_fault(1, ValueError("embedded null byte")))
    assert type(again) is ValueError
    assert str(again) == "embedded null byte"


@pytest.mark.parametrize("name", ["SkipPlugin", "BaseException", "annotations", "contextmanager", "no such class", "__name__"])
def test_a_process_cannot_raise_what_is_no_error_of_the_sdk(name: str) -> None:
    assert type(unpack_fault(Raised(1, name, "text"))) is PluginFailure


def test_a_system_error_without_a_number_is_an_input_output_error() -> None:
    again = unpack_fault(Raised(1, "OSError", "odd", {"errno": "x", "filename": 3}))
    assert isinstance(again, OSError)
    assert (again.errno, again.filename) == (5, None)


@pytest.mark.parametrize("fields", [{}, {"plugin": "p", "operation": "o"}, {"plugin": "p", "operation": "o", "reason": 3}])
def test_an_error_without_a_field_of_its_class_is_what_it_says(fields: dict[str, Field]) -> None:
    again = unpack_fault(Raised(1, "DriverError", "boom", fields))
    assert type(again) is PluginFailure
    assert str(again) == "boom"


@pytest.mark.parametrize(
    "error", [ImageRefused("i", "v", "r"), DriverError("p", "o", "c"), StartFailed("no"), BuildFailed("no"), NoSuchImage("i")]
)
def test_the_fields_of_a_class_are_annotated(error: EngineError) -> None:
    kinds = [each for each in type(error).__mro__ if issubclass(each, EngineError)]
    assert vars(error).keys() == {name for each in kinds for name in vars(each).get("__annotations__", {})}
