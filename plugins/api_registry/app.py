"""The application: every path of the distribution-spec over one engine."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plugins.api_registry.errors import Refusal, error_reply, refused
from plugins.api_registry.routes import blobs, listings, manifests, uploads
from plugins.api_registry.uploading import Uploads
from sdk.engine.content import Content
from sdk.errors import EngineError

Handler = Callable[[Request], Awaitable[Response]]

_READING = frozenset({"GET", "HEAD"})

_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/v2/", "NAME", listings.version),
    ("GET", "/v2/_catalog", "NAME", listings.catalog),
    ("GET", "/v2/{name:path}/tags/list", "NAME", listings.tags),
    ("GET", "/v2/{name:path}/referrers/{digest}", "DIGEST", listings.referrers),
    ("GET", "/v2/{name:path}/manifests/{reference}", "MANIFEST", manifests.read),
    ("PUT", "/v2/{name:path}/manifests/{reference}", "MANIFEST", manifests.write),
    ("DELETE", "/v2/{name:path}/manifests/{reference}", "MANIFEST", manifests.delete),
    ("POST", "/v2/{name:path}/blobs/uploads/", "BLOB", uploads.begin),
    ("GET", "/v2/{name:path}/blobs/uploads/{upload}", "BLOB_UPLOAD", uploads.status),
    ("PATCH", "/v2/{name:path}/blobs/uploads/{upload}", "BLOB_UPLOAD", uploads.append),
    ("PUT", "/v2/{name:path}/blobs/uploads/{upload}", "BLOB_UPLOAD", uploads.finish),
    ("DELETE", "/v2/{name:path}/blobs/uploads/{upload}", "BLOB_UPLOAD", uploads.cancel),
    ("GET", "/v2/{name:path}/blobs/{digest}", "BLOB", blobs.read),
    ("DELETE", "/v2/{name:path}/blobs/{digest}", "BLOB", blobs.delete),
)


def create_app(content: Content, *, read_only: bool = False) -> Starlette:
    """Return the application. Routes find the content store and the uploads under way in its state."""
    app = Starlette(
        routes=[
            Route(path, partial(_answer, handler, subject, read_only and method not in _READING), methods=[method])
            for method, path, subject, handler in _ROUTES
        ]
    )
    app.router.redirect_slashes = False
    app.state.content = content
    app.state.uploads = Uploads(content)
    return app


async def _answer(handler: Handler, subject: str, forbidden: bool, request: Request) -> Response:
    if forbidden:
        return error_reply(Refusal(405, "UNSUPPORTED", "this registry is read-only"))
    try:
        return await handler(request)
    except EngineError as error:
        return error_reply(refused(error, subject))
    except Refusal as refusal:
        return error_reply(refusal)
