"""How a request finds its endpoint and the endpoint its values.

FastAPI declares the routes: their signatures say what path and query hold, and its fields validate that. What it does besides for each
request (nested routers, clean-up of dependencies, response models) no route here uses, and it would take a quarter of the time that the
daemon needs to start a container.
"""

import inspect
from collections.abc import Iterable
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

_Ends = tuple[str, str, str | None]


class RouteIndex(BaseRoute):
    """All routes as one: found by the method and by the first and the last part of the path, not one after the other.

    Among routes with the same ends the first that matches wins. What no route serves is not matched at all, so a wrong method
    is answered as an unknown path is.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: dict[_Ends, list[tuple[APIRoute, ASGIApp]]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                application = _application(route.dependant)
                for method in route.methods or ():
                    self._routes.setdefault((method, *_ends(route.path)), []).append((route, application))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the route's own match, with the application that answers."""
        if scope["type"] == "http":
            method, (first, last) = scope["method"], _ends(scope["path"])
            for ends in ((method, first, last), (method, first, None)):
                for route, application in self._routes.get(ends, ()):
                    match, found = route.matches(scope)
                    if match is Match.FULL:
                        return match, {**found, "application": application}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route that matched."""
        await scope["application"](scope, receive, send)


class Arguments:
    """What a function of given signature is called with."""

    def __init__(self, dependant: Dependant) -> None:
        if dependant.header_params or dependant.cookie_params or dependant.body_params:
            raise TypeError(f"{dependant.call} may only ask for what the path and the query hold")
        self._path = [(field.name, field.alias) for field in dependant.path_params]
        self._request = dependant.request_param_name
        self._fields = dependant.query_params
        self._nested = [(nested.name or "", nested.call, Arguments(nested)) for nested in dependant.dependencies if nested.call]

    async def read(self, request: Request) -> dict[str, object]:
        """Return the values by name. Raises RequestValidationError."""
        values: dict[str, object] = {name: request.path_params[alias] for name, alias in self._path}
        if self._request is not None:
            values[self._request] = request
        for name, call, arguments in self._nested:
            values[name] = await call(**await arguments.read(request))
        if self._fields:
            self._read_query(request, values)
        return values

    def _read_query(self, request: Request, values: dict[str, object]) -> None:
        query = request.query_params
        for field in self._fields:
            alias = field.alias
            if alias not in query:
                if field.field_info.is_required():
                    raise RequestValidationError([{"type": "missing", "loc": ("query", alias), "msg": "Field required"}])
                values[field.name] = field.field_info.get_default(call_default_factory=True)
                continue
            text = query.getlist(alias) if get_origin(field.field_info.annotation) is list else query[alias]
            values[field.name], errors = field.validate(text, loc=("query", alias))
            if errors:
                raise RequestValidationError(errors)


def _application(dependant: Dependant) -> ASGIApp:
    endpoint, arguments = dependant.call, Arguments(dependant)
    if not inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint} must be a coroutine function")

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await endpoint(**await arguments.read(request))
        await response(scope, receive, send)

    return application


def _ends(path: str) -> tuple[str, str | None]:
    """Return the first and the last part of a path or of a route's path; None for a last part that is a parameter."""
    parts = path.lstrip("/").split("/")
    return parts[0], None if parts[-1].startswith("{") else parts[-1]
