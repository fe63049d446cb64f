import json
import socket

import httpx
import pytest

from plugins.registry_hub.refusals import parse_refusal, pull_error, push_error, unreachable
from sdk.errors import NotFound, PermissionDenied, Unavailable
from sdk.oci.reference import parse_reference

REFERENCE = parse_reference("user/app:1")


def body(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message, "detail": {"x": 1}}]}).encode()


@pytest.mark.parametrize(
    ("status", "content", "kind", "sentence"),
    [
        (
            404,
            body("MANIFEST_UNKNOWN", "manifest unknown"),
            NotFound,
            "manifest for user/app:1 not found: manifest unknown: manifest unknown",
        ),
        (404, b"", NotFound, "manifest for user/app:1 not found: manifest unknown: manifest unknown"),
        (
            404,
            body("NAME_UNKNOWN", "repository name not known to registry"),
            NotFound,
            "repository user/app not found: name unknown: repository name not known to registry",
        ),
        (
            401,
            body("UNAUTHORIZED", "authentication required"),
            NotFound,
            "pull access denied for user/app, repository does not exist or may require 'docker login': "
            "denied: requested access to the resource is denied",
        ),
        (429, body("TOOMANYREQUESTS", "slow down"), Unavailable, "toomanyrequests: slow down"),
        (500, b"", Unavailable, "received unexpected HTTP status: 500 Internal Server Error"),
        (500, b"{}", Unavailable, "received unexpected HTTP status: 500 Internal Server Error"),
        (
            502,
            b"<html>bad",
            Unavailable,
            "error parsing HTTP 502 response body: invalid character '<' looking for beginning of value: \"<html>bad\"",
        ),
    ],
)
def test_refused_pulls(status: int, content: bytes, kind: type[Exception], sentence: str) -> None:
    error = pull_error(REFERENCE, status, content)
    assert (type(error), error.message) == (kind, sentence)


def test_refused_pushes() -> None:
    denied = push_error(REFERENCE, 403, body("DENIED", "requested access to the resource is denied"))
    assert (type(denied), denied.message) == (PermissionDenied, "denied: requested access to the resource is denied")
    assert push_error(REFERENCE, 404, body("NAME_UNKNOWN", "x")).message == "user/app: name unknown: x"
    assert parse_refusal(400, body("DIGEST_INVALID", "")).sentence == "digest invalid: digest invalid"


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "dial tcp reg.test:443: connect: connection refused"),
        (OSError(113, "No route to host"), "dial tcp reg.test:443: connect: no route to host"),
        (socket.gaierror(-2, "Name or service not known"), "dial tcp: lookup reg.test: no such host"),
        (ExceptionGroup("many", [ConnectionRefusedError(111, "x")]), "dial tcp reg.test:443: connect: connection refused"),
    ],
)
def test_unreachable_registries(cause: Exception, reason: str) -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = cause
    assert unreachable("https://reg.test/v2/", error).message == f'Get "https://reg.test/v2/": {reason}'


def test_what_a_registry_says_is_cut_and_cleaned() -> None:
    text = "\x1b]0;owned\x07\x9b31m\u202eabc\r\nERROR: fake" * 100
    for content in (body(text, text), text.encode(), json.dumps({"details": text}).encode()):
        sentence = parse_refusal(500, content).sentence
        assert sentence.isprintable()
        assert len(sentence) < 1200


def test_nesting_is_no_error_of_ours() -> None:
    assert "unexpected end of JSON input" in parse_refusal(500, b'{"errors":' + b"[" * 60_000).sentence
