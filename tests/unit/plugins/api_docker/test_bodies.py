import pytest
from starlette.requests import Request

from plugins.api_docker.bodies import JSON, convert, object_of, read_object
from plugins.api_docker.models.execs import ExecConfig
from sdk.engine.config import ContainerConfig
from sdk.errors import InvalidArgument


@pytest.mark.parametrize("name", ["DetachKeys", "detachKeys", "detachkeys", "DETACHKEYS"])
def test_names_match_whatever_their_case(name: str) -> None:
    assert convert({name: "ctrl-p", "Cmd": ["x"]}, ExecConfig).detach_keys == "ctrl-p"


def test_irregular_names_are_found_too() -> None:
    assert convert({"image": "x", "hostname": "h"}, ContainerConfig).hostname == "h"


def test_other_types_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="invalid JSON"):
        convert({"Cmd": "x"}, ExecConfig)
    with pytest.raises(InvalidArgument):
        object_of([])
    assert object_of(None) == {}


async def read(content: bytes) -> dict[str, JSON]:
    """Read a body as a route does."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": content, "more_body": False}

    headers = [(b"content-type", b"application/json")]
    return await read_object(Request({"type": "http", "method": "POST", "headers": headers}, receive))


@pytest.mark.anyio
async def test_null_is_an_empty_object() -> None:
    """Docker's client before version 23 sends it with a commit."""
    assert await read(b"null") == {}
    assert await read(b'{"Cmd":null}') == {}
    with pytest.raises(InvalidArgument, match="the body must be an object"):
        await read(b"[]")
