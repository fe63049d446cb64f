import sdk.errors
from plugins.api_docker.errors import STATUS, status_of
from sdk.errors import (
    EngineError,
    NameInUse,
    NoSuchImage,
    NotRunning,
    PortAllocated,
    StartFailed,
)


def test_every_kind_of_error_has_a_status() -> None:
    kinds = set(EngineError.__subclasses__())
    assert {kind for kind in kinds if kind.__module__ == sdk.errors.__name__} <= set(STATUS)


def test_concrete_errors_have_the_status_of_their_kind() -> None:
    assert status_of(NoSuchImage("x")) == 404
    assert status_of(NameInUse("x", "y")) == 409
    assert status_of(NotRunning("x")) == 409
    assert status_of(PortAllocated("e", "0.0.0.0", 80)) == 500


def test_a_command_that_cannot_be_executed_is_the_requests_fault() -> None:
    assert [status_of(StartFailed("x", code)) for code in (126, 127, 128)] == [400, 400, 500]
