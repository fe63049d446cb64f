"""What registries and networks answer when they refuse, as errors with the sentences Docker's users know."""

import errno
import os
import socket
import ssl

import httpx
import msgspec
from msgspec import Struct

from sdk.errors import EngineError, NotFound, PermissionDenied, Unauthorized, Unavailable
from sdk.oci.reference import Reference
from sdk.text import UNREADABLE, cleaned

DENIED = "denied: requested access to the resource is denied"

_LONGEST_TEXT = 512


class _Entry(Struct):
    code: str = ""
    message: str = ""


class _Body(Struct):
    errors: tuple[_Entry, ...] = ()
    details: str = ""


class Refusal(Struct):
    """A parsed error reply: the registry's code in capitals and the sentence to show."""

    code: str
    sentence: str


def parse_refusal(status: int, body: bytes) -> Refusal:
    """Read an error reply (distribution-spec: "Error Codes"); what is not one is quoted."""
    try:
        parsed = msgspec.json.decode(body, type=_Body)
    except UNREADABLE:
        return Refusal("", _unreadable(status, body))
    if parsed.errors:
        code = cleaned(parsed.errors[0].code)
        spoken = code.lower().replace("_", " ")
        return Refusal(code, f"{spoken}: {cleaned(parsed.errors[0].message) or spoken}")
    return Refusal("", cleaned(parsed.details) or f"received unexpected HTTP status: {status} {_phrase(status)}")


def pull_error(reference: Reference, status: int, body: bytes) -> EngineError:
    """Return the error of a refused manifest or blob, in the words of `docker pull`."""
    refusal = parse_refusal(status, body)
    if status in (401, 403) or refusal.code in ("DENIED", "UNAUTHORIZED"):
        return access_denied(reference, refusal.sentence if refusal.code == "DENIED" else DENIED)
    if refusal.code == "NAME_UNKNOWN":
        return NotFound(f"repository {reference.familiar_name} not found: {refusal.sentence}")
    if status == 404:
        sentence = refusal.sentence if refusal.code else "manifest unknown: manifest unknown"
        return NotFound(f"manifest for {reference.familiar} not found: {sentence}")
    return Unavailable(refusal.sentence)


def push_error(reference: Reference, status: int, body: bytes) -> EngineError:
    """Return the error of a refused upload, in the words of `docker push`."""
    refusal = parse_refusal(status, body)
    if status in (401, 403):
        return PermissionDenied(refusal.sentence if refusal.code == "DENIED" else DENIED)
    if status == 404:
        return NotFound(f"{reference.familiar_name}: {refusal.sentence}")
    return Unavailable(refusal.sentence)


def access_denied(reference: Reference, sentence: str = DENIED) -> EngineError:
    """Return what Docker says where a repository is private or is none."""
    return NotFound(
        f"pull access denied for {reference.familiar_name}, repository does not exist or may require 'docker login': {sentence}"
    )


def unreachable(url: str, error: httpx.TransportError) -> EngineError:
    """Return what Docker says when a registry cannot be spoken to."""
    return Unavailable(f'Get "{url}": {_reason(url, error)}')


def is_malformed(error: httpx.TransportError) -> bool:
    """Tell whether what came is no HTTP; another attempt would meet the same."""
    broke_off = "without sending"
    return isinstance(error, httpx.RemoteProtocolError) and broke_off not in str(error)


def login_failed(url: str, status: int) -> EngineError:
    """Return what Docker says when a registry does not take the credentials."""
    sentence = f"login attempt to {url} failed with status: {status} {_phrase(status)}"
    return Unauthorized(sentence) if status in (401, 403) else Unavailable(sentence)


def _reason(url: str, error: httpx.TransportError) -> str:
    parsed = httpx.URL(url)
    address = f"{parsed.host}:{parsed.port or (443 if parsed.scheme == 'https' else 80)}"
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return f"dial tcp: lookup {parsed.host}: no such host"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"tls: failed to verify certificate: x509: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return (
                "http: server gave HTTP response to HTTPS client"
                if cause.reason == "WRONG_VERSION_NUMBER"
                else f"tls: {cause.reason}"
            )
        if isinstance(cause, OSError) and cause.errno is not None and cause.errno in errno.errorcode:
            return f"dial tcp {address}: connect: {os.strerror(cause.errno).lower()}"
    if isinstance(error, httpx.ConnectTimeout):
        return f"dial tcp {address}: i/o timeout"
    if isinstance(error, httpx.TimeoutException):
        return "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
    return _broken(str(error))


def _broken(reason: str) -> str:
    """Return what Go's client calls a connection that ended or carried no HTTP."""
    if "without sending complete message body" in reason:
        return "unexpected EOF"
    if not reason or "without sending a response" in reason:
        return "EOF"
    if "location header" in reason:
        return "failed to parse Location header: invalid URL"
    return f"net/http: HTTP/1.x transport connection broken: {cleaned(reason)}"


def _causes(error: BaseException) -> "list[BaseException]":
    found: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.append(current)
            waiting.extend(current.exceptions if isinstance(current, BaseExceptionGroup) else ())
            waiting.extend(cause for cause in (current.__cause__, current.__context__) if cause)
    return found


def _unreadable(status: int, body: bytes) -> str:
    text = cleaned(body[: 4 * _LONGEST_TEXT].decode(errors="replace"))
    if not text:
        return f"received unexpected HTTP status: {status} {_phrase(status)}"
    reason = "unexpected end of JSON input" if text[0] in "{[" else f"invalid character '{text[0]}' looking for beginning of value"
    return f'error parsing HTTP {status} response body: {reason}: "{text}"'


def _phrase(status: int) -> str:
    try:
        return httpx.codes.get_reason_phrase(status)
    except ValueError:
        return ""
