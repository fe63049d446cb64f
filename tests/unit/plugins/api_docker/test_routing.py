"""How a request finds its endpoint and the endpoint its values."""

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.types import Scope

from plugins.api_docker.routing import Endpoint, RouteIndex

pytestmark = pytest.mark.anyio

router = APIRouter()


def sized(h: int = 0, w: int = 0) -> tuple[int, int]:
    return h, w


@router.get("/things/json")
async def listed(request: Request, all: bool = False, names: Annotated[list[str], Query(alias="name")] = []) -> Response:  # noqa: A002, B006
    return Response(f"list {all} {names} {request.method}")


@router.get("/things/{name:path}/json")
async def shown(name: str, size: Annotated[tuple[int, int], Depends(sized)]) -> Response:
    return Response(f"show {name} {size}")


@router.get("/things/{name:path}")
async def other(name: str) -> Response:
    return Response(f"other {name}")


@router.post("/things/{name}/stop")
async def stopped(name: str, t: int) -> Response:
    return Response(f"stop {name} {t}")


@router.delete("/")
async def root() -> Response:
    return Response("root")


INDEX = RouteIndex(router.routes)


async def ask(path: str, query: str = "", method: str = "GET") -> str | None:
    """Return what the endpoint of a request says, None if there is none."""
    scope: Scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    endpoint: Endpoint | None = INDEX.find(scope)
    return None if endpoint is None else bytes((await endpoint.call(Request(scope))).body).decode()


@pytest.mark.parametrize(
    ("method", "path", "reply"),
    [
        ("GET", "/things/json", "list False [] GET"),
        ("GET", "/things/a/json", "show a (0, 0)"),
        ("GET", "/things/a/b/c/json", "show a/b/c (0, 0)"),
        ("GET", "/things/json/json", "show json (0, 0)"),
        ("GET", "/things//json", "show  (0, 0)"),
        ("GET", "/things/a", "other a"),
        ("GET", "/things/a/jsonx", "other a/jsonx"),
        ("GET", "/things/", "other "),
        ("GET", "/things/caf\u00e9", "other caf\u00e9"),
        ("GET", "/things", None),
        ("POST", "/things/a", None),
        ("POST", "/things/a/b/stop", None),
        ("HEAD", "/things/json", None),
        ("GET", "/other/json", None),
        ("DELETE", "/", "root"),
        ("GET", "", None),
    ],
)
async def test_a_path_has_one_endpoint_or_none(method: str, path: str, reply: str | None) -> None:
    assert await ask(path, method=method) == reply


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("all=1", "list True [] GET"),
        ("name=a&name=b", "list False ['a', 'b'] GET"),
        ("all=0&all=1&other=x", "list True [] GET"),
        ("name=", "list False [''] GET"),
        ("name=a%20b%FF", "list False ['a b\ufffd'] GET"),
    ],
)
async def test_values_are_read_by_their_names(query: str, reply: str) -> None:
    assert await ask("/things/json", query) == reply


async def test_a_default_list_is_not_shared_between_requests() -> None:
    endpoint = INDEX.find({"type": "http", "method": "GET", "path": "/things/json"})
    assert endpoint is not None
    request = Request({"type": "http", "method": "GET", "query_string": b"", "headers": [], "path_params": {}})
    first, second = (endpoint._arguments.read(request)["names"] for _ in range(2))
    assert first == second == []
    assert first is not second


@pytest.mark.parametrize(
    ("path", "query", "place", "kind"),
    [
        ("/things/a/stop", "", "t", "missing"),
        ("/things/a/stop", "t=x", "t", "int_parsing"),
        ("/things/a/stop", "t=", "t", "int_parsing"),
        ("/things/a/json", "h=1&w=x", "w", "int_parsing"),
        ("/things/json", "all=perhaps", "all", "bool_parsing"),
    ],
)
async def test_a_value_that_does_not_fit_is_named(path: str, query: str, place: str, kind: str) -> None:
    with pytest.raises(RequestValidationError) as refused:
        await ask(path, query, "POST" if path.endswith("stop") else "GET")
    (error,) = refused.value.errors()
    assert (error["loc"], error["type"]) == (("query", place), kind)


async def test_what_this_cannot_call_is_refused_when_the_application_is_made() -> None:
    broken = APIRouter()

    @broken.get("/plain")
    def plain() -> Response:
        return Response()

    @broken.get("/header")
    async def header(request: Request, body: dict[str, str]) -> Response:
        return Response()

    async def waited() -> int:
        return 1

    @broken.get("/depends")
    async def depends(value: Annotated[int, Depends(waited)]) -> Response:
        return Response()

    for route, message in zip(
        broken.routes, ("must be a coroutine", "may only ask for", "must be made by a plain function"), strict=True
    ):
        with pytest.raises(TypeError, match=message):
            RouteIndex([route])
