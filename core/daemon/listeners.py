"""The sockets clients connect to: unix, TCP, TLS, and those systemd hands over."""

import errno
import grp
import ipaddress
import os
import socket
import ssl
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sdk.errors import InvalidArgument

_BACKLOG = 1024
_PLAIN_PORT, _TLS_PORT = 2375, 2376
_SYSTEMD_FIRST_FD = 3
_KEEP_ALIVE_SECONDS = 15
_DEFAULT_UNIX_SOCKET = "/var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class TLSFiles:
    """PEM files of the server; with `verify` only clients with a certificate of `ca` are let in."""

    certificate: Path
    key: Path
    ca: Path | None = None
    verify: bool = False


@dataclass(frozen=True, slots=True)
class ListenOptions:
    """`group` owns unix sockets if it exists. `allow_plain_tcp` permits TCP without TLS off loopback: a client that reaches such a port
    is root on this machine."""

    group: str = "docker"
    tls: TLSFiles | None = None
    allow_plain_tcp: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket. `path` is the unix socket to remove at the end."""

    address: str
    socket: socket.socket
    tls: ssl.SSLContext | None = None
    path: Path | None = None

    def close(self) -> None:
        """Stop listening; idempotent."""
        self.socket.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def open_listeners(hosts: Sequence[str], options: ListenOptions) -> list[Listener]:
    """Open every host as dockerd's `-H` takes them; all or none. Raises InvalidArgument with one sentence."""
    opened: list[Listener] = []
    try:
        for host in hosts:
            opened.extend(_open(host, options))
    except BaseException:
        for listener in opened:
            listener.close()
        raise
    return opened


def _open(host: str, options: ListenOptions) -> list[Listener]:
    scheme, separator, rest = host.partition("://")
    openers: dict[str, Callable[[str, ListenOptions], list[Listener]]] = {"unix": _open_unix, "tcp": _open_tcp, "fd": _open_systemd}
    if not separator or scheme not in openers:
        raise InvalidArgument(f"invalid listen address {host!r}: use unix://PATH, tcp://HOST[:PORT] or fd://")
    return openers[scheme](rest, options)


def _open_unix(rest: str, options: ListenOptions) -> list[Listener]:
    path = Path(rest or _DEFAULT_UNIX_SOCKET)
    _clear_stale(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _bind_private(sock, path, options.group)
    except OSError as error:
        sock.close()
        raise InvalidArgument(f"cannot listen on {path}: {error.strerror}") from error
    return [Listener(f"unix://{path}", sock, path=path)]


def _bind_private(sock: socket.socket, path: Path, group: str) -> None:
    """Bind and listen; at no time can a user other than the owner and the group's members connect."""
    mask = os.umask(0o177)
    try:
        sock.bind(str(path))
    finally:
        os.umask(mask)
    if os.geteuid() == 0:
        os.chown(path, 0, _group_id(group))
    path.chmod(0o660)
    sock.listen(_BACKLOG)


def _group_id(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0


def _clear_stale(path: Path) -> None:
    """Remove a socket that no process listens on. Raises InvalidArgument for a live one, or something that is no socket."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InvalidArgument(f"cannot listen on {path}: it exists and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(str(path)) != errno.ECONNREFUSED:
            raise InvalidArgument(f"cannot listen on {path}: another process listens there")
    path.unlink()


def _open_tcp(rest: str, options: ListenOptions) -> list[Listener]:
    url = urlsplit(f"tcp://{rest}")
    host = url.hostname or "127.0.0.1"
    port = url.port if url.port is not None else (_TLS_PORT if options.tls else _PLAIN_PORT)
    if options.tls is None and not options.allow_plain_tcp and not _is_loopback(host):
        raise InvalidArgument(
            f"refusing to listen on tcp://{host}:{port} without TLS: any client that reaches it is root here; "
            "use --tlsverify, or --tls=false to allow it"
        )
    context = tls_context(options.tls) if options.tls else None  # before there is a socket: the files may be unusable
    try:
        sock = socket.create_server((host, port), family=_family(host), backlog=_BACKLOG)
    except OSError as error:
        raise InvalidArgument(f"cannot listen on tcp://{host}:{port}: {error.strerror}") from error
    _keep_alive(sock)
    return [Listener(f"tcp://{host}:{sock.getsockname()[1]}", sock, context)]


def _keep_alive(sock: socket.socket) -> None:
    """Have the kernel find dead clients of idle streams; accepted sockets inherit it."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        sock.setsockopt(socket.IPPROTO_TCP, option, _KEEP_ALIVE_SECONDS)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _open_systemd(rest: str, options: ListenOptions) -> list[Listener]:
    """Take the sockets of socket activation (sd_listen_fds(3)); `rest` picks one by name or number, "" or "*" takes all."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        raise InvalidArgument("no sockets found via socket activation: make sure the service was started by systemd")
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    listeners = []
    for index in range(int(os.environ.get("LISTEN_FDS", "0"))):
        number = _SYSTEMD_FIRST_FD + index
        name = names[index] if index < len(names) else ""
        if rest in ("", "*", str(number)) or rest == name:
            listeners.append(_adopt(number, options))
    if not listeners:
        raise InvalidArgument(f"no socket {rest!r} among those passed by systemd")
    return listeners


def _adopt(number: int, options: ListenOptions) -> Listener:
    os.set_inheritable(number, False)  # noqa: FBT003 - the interpreter's own signature
    sock = socket.socket(fileno=number)
    is_plain = sock.family == socket.AF_UNIX or options.tls is None
    return Listener(f"fd://{number}", sock, None if is_plain or options.tls is None else tls_context(options.tls))


def tls_context(files: TLSFiles) -> ssl.SSLContext:
    """Return a server context (TLS 1.2 or newer). Raises InvalidArgument if a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1", "h2"])  # gRPC clients offer h2 alone, and end the connection if it is not chosen
    try:
        context.load_cert_chain(files.certificate, files.key)
        if files.verify:
            context.load_verify_locations(files.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"cannot use the TLS files {files.certificate}, {files.key}: {error}") from error
    return context
