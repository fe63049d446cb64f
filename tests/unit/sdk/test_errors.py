"""Errors by meaning: each has one sentence, and keeps its kind when what failed is put before it."""

import pytest

from sdk.errors import Conflict, DriverError, EngineError, ImageRefused, NoSuchContainer, NotFound, PermissionDenied, explained


def test_what_failed_stands_before_the_reason_and_the_error_stays_what_it_is() -> None:
    with pytest.raises(NotFound) as caught, explained("a"), explained("b"):
        raise NoSuchContainer("x")
    assert isinstance(caught.value, NoSuchContainer)
    assert caught.value.message == str(caught.value) == "a: b: No such container: x"


def test_an_error_of_another_kind_is_not_explained() -> None:
    with pytest.raises(ValueError, match=r"^x$"), explained("a"):
        raise ValueError("x")


@pytest.mark.parametrize(("cause", "reason"), [("words", "words"), (ValueError("x"), "x"), (Conflict("taken"), "taken")])
def test_a_drivers_error_names_the_plugin_and_the_operation(cause: BaseException | str, reason: str) -> None:
    error = DriverError("volume_x", "create", cause)
    assert error.message.startswith("volume_x: create: ")
    assert reason in error.message


def test_an_image_that_a_policy_refuses_is_not_permitted() -> None:
    error = ImageRefused("a:latest", "allowlist", "not listed")
    assert isinstance(error, PermissionDenied)
    assert isinstance(error, EngineError)
    assert error.message == "image a:latest is refused by the policy allowlist: not listed"
