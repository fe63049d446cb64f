"""How a request finds its endpoint and the endpoint its values.

FastAPI declares the routes: their signatures say what path and query hold, and its fields validate that. What it does besides for each
request (middleware, nested routers, clean-up of dependencies, response models) no route here uses, and it would take a quarter of the time
that the daemon needs to start a container.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic.fields import FieldInfo
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

_Ends = tuple[str, str, str | None]
_NOTHING = QueryParams()


class Endpoint:
    """The function behind a route, and how it is called."""

    def __init__(self, dependant: Dependant) -> None:
        if not inspect.iscoroutinefunction(dependant.call):
            raise TypeError(f"{dependant.call} must be a coroutine function")
        self._function = dependant.call
        self._arguments = Arguments(dependant)

    async def call(self, request: Request) -> Response:
        """Return the reply to a request. Raises RequestValidationError, and what the function raises."""
        reply: Response = await self._function(**self._arguments.read(request))
        return reply


class RouteIndex:
    """All routes: found by the method and by the first and the last part of the path, not one after the other.

    Among routes with the same ends the first that matches wins.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: dict[_Ends, list[_Route]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                found = _Route(route)
                for method in route.methods or ():
                    self._routes.setdefault((method, *_ends(route.path)), []).append(found)

    def find(self, scope: Scope) -> Endpoint | None:
        """Return the endpoint that serves a request, None if there is none. The scope learns the parameters of the path."""
        method, path = scope["method"], scope["path"]
        first, last = _ends(path)
        for ends in ((method, first, last), (method, first, None)):
            for route in self._routes.get(ends, ()):
                parameters = route.parameters(path)
                if parameters is not None:
                    scope["path_params"], scope["http_route"] = parameters, route.path
                    return route.endpoint
        return None


class _Route:
    """A path and its endpoint."""

    def __init__(self, route: APIRoute) -> None:
        self.endpoint = Endpoint(route.dependant)
        self._pattern, self.path, self._convertors = compile_path(route.path)

    def parameters(self, path: str) -> dict[str, object] | None:
        """Return what a path says of this route's parameters, None if it is another route's."""
        match = self._pattern.match(path)
        return match and {name: self._convertors[name].convert(text) for name, text in match.groupdict().items()}


class Arguments:
    """What a function of given signature is called with. What it depends on are plain functions, which do not block."""

    def __init__(self, dependant: Dependant) -> None:
        if dependant.header_params or dependant.cookie_params or dependant.body_params:
            raise TypeError(f"{dependant.call} may only ask for what the path and the query hold")
        self._path = [(field.name, field.alias) for field in dependant.path_params]
        self._request = dependant.request_param_name
        self._query = [_Parameter(field.name, field.alias, field.field_info, field.validate) for field in dependant.query_params]
        self._nested = [(nested.name or "", nested.call, Arguments(nested)) for nested in dependant.dependencies if nested.call]
        for name, call, _ in self._nested:
            if inspect.iscoroutinefunction(call):
                raise TypeError(f"{name} of {dependant.call} must be made by a plain function")

    def read(self, request: Request) -> dict[str, object]:
        """Return the values by name. Raises RequestValidationError."""
        values: dict[str, object] = {name: request.path_params[alias] for name, alias in self._path}
        if self._request is not None:
            values[self._request] = request
        for name, call, arguments in self._nested:
            values[name] = call(**arguments.read(request))
        if self._query:
            query = request.query_params if request.scope["query_string"] else _NOTHING
            values |= {parameter.name: parameter.read(query) for parameter in self._query}
        return values


class _Parameter:
    """A parameter of the query, and what it is when the query does not have it."""

    def __init__(self, name: str, alias: str, field: FieldInfo, validate: Callable[..., tuple[object, Sequence[object]]]) -> None:
        self.name, self._alias, self._validate = name, alias, validate
        self._is_required = field.is_required()
        self._may_repeat = get_origin(field.annotation) is list
        self._default = None if self._is_required else field.get_default(call_default_factory=True)

    def read(self, query: QueryParams) -> object:
        """Return the value. Raises RequestValidationError."""
        if self._alias not in query:
            if self._is_required:
                raise RequestValidationError([{"type": "missing", "loc": ("query", self._alias), "msg": "Field required"}])
            return list(self._default or ()) if self._may_repeat else self._default
        text = query.getlist(self._alias) if self._may_repeat else query[self._alias]
        value, errors = self._validate(text, loc=("query", self._alias))
        if errors:
            raise RequestValidationError(errors)
        return value


def _ends(path: str) -> tuple[str, str | None]:
    """Return the first and the last part of a path or of a route's path; None for a last part that is a parameter."""
    parts = path.lstrip("/").split("/")
    return parts[0], None if parts[-1].startswith("{") else parts[-1]
