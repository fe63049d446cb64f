"""Options of the syslog driver, in Docker's words."""

import os
import ssl
from collections.abc import Callable, Mapping
from functools import partial

from plugins.log_syslog.messages import Format
from sdk.errors import InvalidArgument
from sdk.numbers import BadNumber, parse_int64
from sdk.shipping.addresses import read_url
from sdk.shipping.sockets import Target, reason
from sdk.shipping.tls import client_context
from sdk.text import cleaned, truth

OPTIONS = frozenset(
    (
        "syslog-address",
        "syslog-facility",
        "syslog-format",
        "syslog-tls-ca-cert",
        "syslog-tls-cert",
        "syslog-tls-key",
        "syslog-tls-skip-verify",
    )
)

_SECURE = "tcp+tls"

_PORT = 514
_DAEMON, _LAST_FACILITY = 3, 23
_FACILITIES = {
    name: number
    for number, name in enumerate(
        ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp")
    )
} | {f"local{number}": 16 + number for number in range(8)}


def target_of(options: Mapping[str, str]) -> Target | None:
    """Return where the receiver listens; None is the machine's own. Raises InvalidArgument."""
    text = options.get("syslog-address", "")
    if not text:
        return None
    url = read_url(text)
    if url.scheme in ("unix", "unixgram"):
        return Target(url.scheme, path=url.path)
    if url.scheme not in ("udp", "tcp", _SECURE):
        raise InvalidArgument(f"unsupported scheme: '{cleaned(url.scheme)}'")
    return Target(
        "udp" if url.scheme == "udp" else "tcp", url.host, url.port or _PORT, tls=_tls(options) if url.scheme == _SECURE else None
    )


def check_path(target: Target | None) -> None:
    """Raise InvalidArgument for a path that is not there. Asked at the creation of a container alone: its log is read without a receiver."""
    if target is not None and target.network in ("unix", "unixgram"):
        try:
            os.stat(target.path)
        except OSError as error:
            raise InvalidArgument(f"stat {cleaned(target.path)}: {reason(error)}") from None


def facility_of(options: Mapping[str, str]) -> int:
    """Return the number of the facility. Raises InvalidArgument."""
    text = options.get("syslog-facility", "")
    if not text or text in _FACILITIES:
        return _FACILITIES.get(text, _DAEMON)
    try:
        return parse_int64(text, least=0, most=_LAST_FACILITY)
    except BadNumber:
        raise InvalidArgument("invalid syslog facility") from None


def format_of(options: Mapping[str, str]) -> Format:
    """Return how messages are written. Raises InvalidArgument."""
    try:
        return Format(options.get("syslog-format", ""))
    except ValueError:
        raise InvalidArgument("Invalid syslog format") from None


def _tls(options: Mapping[str, str]) -> Callable[[], ssl.SSLContext]:
    skip = options.get("syslog-tls-skip-verify")
    return partial(
        client_context,
        options.get("syslog-tls-ca-cert", ""),
        options.get("syslog-tls-cert", ""),
        options.get("syslog-tls-key", ""),
        skip_verify=skip is not None and truth(skip) is not False,
    )
